import type { Json } from "../config-fields.ts";
import { createDecoder } from "../decoder.ts";
import { parseDecoderConfig } from "../decoder-config.ts";
import { attentionProjections, mlpProjections } from "../decoder-parameters.ts";
import type { LanguageModel } from "../model.ts";

const defaults = {
  architecture: "LlamaForCausalLM",
  keyValueHeads: null,
  headSize: null,
  maxPositions: 2048,
};

/** Llama 3 and its relatives: biases only if `attention_bias` or `mlp_bias` asks for them. */
export function createLlama(json: Json, file: string): LanguageModel {
  const { config, fields } = parseDecoderConfig(json, file, defaults);
  const biased = [
    ...(fields.flag("attention_bias") ? attentionProjections : []),
    ...(fields.flag("mlp_bias") ? mlpProjections : []),
  ];
  return createDecoder("llama", json, config, { biased, headNorms: false });
}
