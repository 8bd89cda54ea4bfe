import type { Json } from "../config-fields.ts";
import { createDecoder } from "../decoder.ts";
import { parseDecoderConfig } from "../decoder-config.ts";
import type { LanguageModel } from "../model.ts";
import { refuseSlidingWindow } from "../sliding-window.ts";

const defaults = {
  architecture: "Qwen2ForCausalLM",
  keyValueHeads: 32,
  headSize: null,
  maxPositions: 32_768,
};
const biased = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];

/** Qwen2, Qwen2.5 and what is derived from them: always biases on queries, keys and values. */
export function createQwen2(json: Json, file: string): LanguageModel {
  const { config, fields } = parseDecoderConfig(json, file, defaults);
  refuseSlidingWindow(fields, config.layers);
  return createDecoder("qwen2", json, config, { biased, headNorms: false });
}
