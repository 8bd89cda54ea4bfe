import { expect, test } from "vitest";
import { tinySizes } from "../../test/support/tiny-sizes.ts";
import { createModel, familyNames } from "./registry.ts";

const sizes = {
  ...tinySizes,
  vocab_size: 20,
  head_dim: 8,
  max_position_embeddings: 64,
};
const load = (config: object) => createModel({ ...sizes, ...config }, "at/config.json");
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
};

/** One line that names the file, the field and the value. */
function expectRefusal(config: object, field: string, value: unknown): void {
  expect(() => load(config)).toThrow(
    expect.objectContaining({
      name: "ModelError",
      message: expect.stringContaining(`at/config.json: ${field} is ${JSON.stringify(value) ?? "missing"}, `),
    }),
  );
}

test.each(["qwen2_moe", "qwen3_moe", "qwen2_vl", "mistral", "constructor", undefined, 7])(
  "model_type %s is refused with the families that are known",
  (family) => {
    expectRefusal({ model_type: family }, "model_type", family);
    expect(() => load({ model_type: family })).toThrow(/qwen2, qwen3, llama/);
  },
);

const refusedByAll: [field: string, value: unknown, config?: object][] = [
  ["hidden_act", "gelu"],
  ["quantization_config", { quant_method: "gptq" }],
  ["architectures", ["Qwen2ForSequenceClassification"]],
  ["architectures", ["LlamaModel"]],
  ["num_hidden_layers", 0],
  ["num_hidden_layers", 1_000_000],
  ["vocab_size", undefined],
  ["hidden_size", "32"],
  ["intermediate_size", 1.5],
  ["max_position_embeddings", 1e12],
  ["num_key_value_heads", 3],
  ["head_dim", 7],
  ["rms_norm_eps", 0],
  ["rope_theta", -1],
  ["tie_word_embeddings", "yes"],
  ["partial_rotary_factor", 0.5],
  ["layer_types", ["full_attention"]],
  ["layer_types[1]", "sliding_attention", { layer_types: ["full_attention", "sliding_attention"] }],
  ["rope_scaling", "yarn"],
  ["rope_scaling.rope_type", "yarn", { rope_scaling: { rope_type: "yarn", factor: 4 } }],
  ["rope_scaling.type", "linear", { rope_scaling: { type: "linear", factor: 2 } }],
  ["rope_scaling.factor", 2, { rope_scaling: { factor: 2 } }],
  ["rope_parameters.rope_type", "dynamic", { rope_parameters: { rope_type: "dynamic", factor: 2 } }],
  ["rope_parameters.rope_type", "longrope", { rope_parameters: { rope_type: "longrope" } }],
  [
    "rope_parameters.mrope_section",
    [1, 1, 2],
    { rope_parameters: { rope_type: "default", mrope_section: [1, 1, 2] } },
  ],
  ["rope_parameters.full_attention", {}, { rope_parameters: { full_attention: {} } }],
  [
    "rope_parameters.partial_rotary_factor",
    0.25,
    { rope_parameters: { rope_theta: 1e4, partial_rotary_factor: 0.25 } },
  ],
  ["rope_scaling.factor", undefined, { rope_scaling: { ...llama3, factor: undefined } }],
  ["rope_scaling.high_freq_factor", 1, { rope_scaling: { ...llama3, high_freq_factor: 1 } }],
];

test.each(
  familyNames.flatMap((family) =>
    refusedByAll.map(([field, value, config]) => ({ family, field, value, config })),
  ),
)("$family with $field $value is refused by name", ({ family, field, value, config }) => {
  expectRefusal({ model_type: family, ...(config ?? { [field]: value }) }, field, value);
});

test("an odd head size is refused where it follows from the hidden size too", () => {
  expectRefusal({ model_type: "llama", hidden_size: 36, head_dim: null }, "head_dim", 9);
  expectRefusal({ model_type: "qwen2", hidden_size: 34, head_dim: undefined }, "hidden_size", 34);
});

test.each([
  { use_sliding_window: true, sliding_window: 16, max_window_layers: 1 },
  { use_sliding_window: true, sliding_window: 16, max_window_layers: 0 },
])("a sliding window in use is refused: %j", (window) => {
  for (const family of ["qwen2", "qwen3"]) {
    expectRefusal({ model_type: family, ...window }, "use_sliding_window", true);
  }
});

test.each([
  { use_sliding_window: false, sliding_window: 16, max_window_layers: 0 },
  { use_sliding_window: true, sliding_window: 16, max_window_layers: 2 },
  { use_sliding_window: true, sliding_window: null, max_window_layers: 0 },
  {
    use_sliding_window: true,
    sliding_window: 16,
    max_window_layers: 0,
    layer_types: ["full_attention", "full_attention"],
  },
])("a sliding window that no layer uses is no hindrance: %j", (window) => {
  expect(load({ model_type: "qwen2", ...window }).dimensions.layers).toBe(2);
});

test.each([
  ["newer", { rope_parameters: { rope_theta: 3e5, ...llama3 } }],
  ["older", { rope_theta: 3e5, rope_scaling: llama3 }],
  [
    "oldest",
    {
      rope_theta: 3e5,
      rope_scaling: { ...llama3, type: "llama3", rope_type: undefined },
      rope_parameters: {},
    },
  ],
  [
    "both",
    { rope_theta: 1, rope_scaling: { rope_theta: 3e5, ...llama3 }, rope_parameters: { rope_theta: 2 } },
  ],
  [
    "a context beside",
    {
      rope_theta: 3e5,
      rope_scaling: { ...llama3, original_max_position_embeddings: 7 },
      original_max_position_embeddings: 32,
    },
  ],
])("the %s style of rotary settings is understood", (_, rope) => {
  expect(load({ model_type: "llama", ...rope }).rotaryEmbedding).toEqual({
    theta: 3e5,
    scaling: { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 32 },
  });
});

test("silence means what it means in transformers", () => {
  const silent = { head_dim: undefined, num_key_value_heads: undefined, num_attention_heads: 32 };
  const dimensions = (family: string, config: object = {}) =>
    load({ model_type: family, hidden_size: 128, ...silent, ...config }).dimensions;
  expect(dimensions("qwen2")).toMatchObject({ headSize: 4, keyValueHeads: 32 });
  expect(dimensions("qwen3")).toMatchObject({ headSize: 128, keyValueHeads: 32 });
  expect(dimensions("llama", { num_attention_heads: 8 })).toMatchObject({ headSize: 16, keyValueHeads: 8 });
  expect(dimensions("qwen2", { max_position_embeddings: undefined }).maxPositions).toBe(32_768);
  expect(dimensions("llama", { max_position_embeddings: undefined }).maxPositions).toBe(2048);
  expect(load({ model_type: "qwen3" })).toMatchObject({
    tiedEmbeddings: false,
    rotaryEmbedding: { theta: 10_000, scaling: null },
  });
});

test("families differ in their biases and head norms as their configs say", () => {
  const ofLayer = (config: object) =>
    load(config).parameters.flatMap(({ name }) => {
      const own = /^model\.layers\.1\.(?:self_attn|mlp)\.(.*(?:bias|norm\.weight))$/.exec(name);
      return own ? [own[1]] : [];
    });
  const attention = ["q_proj.bias", "k_proj.bias", "v_proj.bias", "o_proj.bias"];
  const norms = ["q_norm.weight", "k_norm.weight"];
  expect(ofLayer({ model_type: "qwen2", attention_bias: false })).toEqual(attention.slice(0, 3));
  expect(ofLayer({ model_type: "qwen3" })).toEqual(norms);
  expect(ofLayer({ model_type: "qwen3", attention_bias: true })).toEqual([...attention, ...norms]);
  expect(ofLayer({ model_type: "llama" })).toEqual([]);
  expect(ofLayer({ model_type: "llama", attention_bias: true, mlp_bias: true })).toEqual([
    ...attention,
    "gate_proj.bias",
    "up_proj.bias",
    "down_proj.bias",
  ]);
  expectRefusal({ model_type: "llama", attention_bias: 1 }, "attention_bias", 1);
});
