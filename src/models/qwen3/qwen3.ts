import type { Json } from "../config-fields.ts";
import { createDecoder } from "../decoder.ts";
import { parseDecoderConfig } from "../decoder-config.ts";
import { attentionProjections } from "../decoder-parameters.ts";
import type { LanguageModel } from "../model.ts";
import { refuseSlidingWindow } from "../sliding-window.ts";

const defaults = {
  architecture: "Qwen3ForCausalLM",
  keyValueHeads: 32,
  headSize: 128,
  maxPositions: 32_768,
};

/** Qwen3's dense models: norms on each head of queries and keys, biases on all of attention if `attention_bias`. */
export function createQwen3(json: Json, file: string): LanguageModel {
  const { config, fields } = parseDecoderConfig(json, file, defaults);
  refuseSlidingWindow(fields, config.layers);
  const biased = fields.flag("attention_bias") ? attentionProjections : [];
  return createDecoder("qwen3", json, config, { biased, headNorms: true });
}
