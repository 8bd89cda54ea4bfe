import { ModelError } from "../../errors.ts";

/** The settings of a Qwen2 / Qwen2.5 checkpoint, from either style of config.json. */
export interface Qwen2Config {
  vocabularySize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  keyValueHeads: number;
  headSize: number;
  maxPositions: number;
  normEpsilon: number;
  ropeTheta: number;
  tiedEmbeddings: boolean;
  initializerRange: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads and checks `config.json`; `file` is named in errors. Unsupported settings are errors, never approximated. */
export function parseQwen2Config(json: Json, file: string): Qwen2Config {
  const fail = (field: string, value: unknown, expected: string): never => {
    throw new ModelError(`${file}: ${field} is ${JSON.stringify(value)}, expected ${expected}`);
  };
  const positive = (field: string, fallback?: number): number => {
    const value = json[field] ?? fallback;
    return Number.isInteger(value) && (value as number) > 0
      ? (value as number)
      : fail(field, value, "a positive whole number");
  };
  const number = (field: string, value: unknown): number =>
    typeof value === "number" && Number.isFinite(value) && value > 0
      ? value
      : fail(field, value, "a positive number");

  const activation = json.hidden_act ?? "silu";
  if (activation !== "silu") {
    fail("hidden_act", activation, '"silu"');
  }
  if (json.use_sliding_window === true) {
    fail("use_sliding_window", true, "false: sliding-window attention is not supported");
  }
  const rope = (json.rope_parameters ?? json.rope_scaling ?? {}) as Json;
  const ropeType = rope.rope_type ?? rope.type ?? "default";
  if (ropeType !== "default") {
    fail("rope_type", ropeType, '"default": other rotary scalings are not supported for Qwen2');
  }

  const hiddenSize = positive("hidden_size");
  const heads = positive("num_attention_heads");
  const keyValueHeads = positive("num_key_value_heads", heads);
  if (heads % keyValueHeads !== 0) {
    fail("num_key_value_heads", keyValueHeads, `a divisor of num_attention_heads (${heads})`);
  }
  if (hiddenSize % heads !== 0) {
    fail("hidden_size", hiddenSize, `a multiple of num_attention_heads (${heads})`);
  }
  return {
    vocabularySize: positive("vocab_size"),
    hiddenSize,
    intermediateSize: positive("intermediate_size"),
    layers: positive("num_hidden_layers"),
    heads,
    keyValueHeads,
    headSize: positive("head_dim", hiddenSize / heads),
    maxPositions: positive("max_position_embeddings", 32_768),
    normEpsilon: number("rms_norm_eps", json.rms_norm_eps ?? 1e-6),
    ropeTheta: number("rope_theta", rope.rope_theta ?? json.rope_theta ?? 10_000),
    tiedEmbeddings: json.tie_word_embeddings === true,
    initializerRange: number("initializer_range", json.initializer_range ?? 0.02),
  };
}
