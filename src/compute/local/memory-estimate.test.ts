import { expect, test } from "vitest";
import { unfiltered } from "../../../test/support/unfiltered.ts";
import { createModel } from "../../models/registry.ts";
import type { SamplingParameters } from "../sampler.ts";
import { type EngineOptions, engineSettings } from "./engine-settings.ts";
import { estimateMemory, type Workload } from "./memory-estimate.ts";

const [hiddenSize, intermediateSize, vocabularySize, layers] = [64, 256, 5000, 8];
const model = createModel(
  {
    model_type: "qwen2",
    architectures: ["Qwen2ForCausalLM"],
    vocab_size: vocabularySize,
    hidden_size: hiddenSize,
    intermediate_size: intermediateSize,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
    max_position_embeddings: 131_072,
  },
  "the test",
);
const parameters = model.parameters.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
const sampling: SamplingParameters = { ...unfiltered, maxTokens: 200 };
const workload: Workload = {
  promptsPerStep: 2,
  completionsPerPrompt: 8,
  maxPromptTokens: 100,
  sampling,
  evaluationProblems: 0,
  lookups: 0,
};

function estimate(options: EngineOptions = {}, more: Partial<Workload> = {}) {
  const settings = engineSettings({ threads: 1, ...options }, model);
  return estimateMemory({ model, adapter: null }, settings, { ...workload, ...more });
}

test("weights, panels, gradients and moments are counted to the byte", () => {
  const mlp = 3 * layers * hiddenSize * intermediateSize;
  // Queries and outputs are as wide as the hidden state, keys and values half of it.
  const attention = 3 * layers * hiddenSize * hiddenSize;
  // The sampler's, and both ways of the learner's; the vocabulary fills no panels.
  const panels = attention + mlp + 2 * mlp;
  // Not for the 131,072 positions that the model knows.
  const rotaryTables = 2 * 1024 * (hiddenSize / 4 / 2) * 4;
  expect(estimate()).toMatchObject({
    weights: 4 * parameters + rotaryTables,
    panels: 4 * panels,
    gradients: 4 * parameters,
    optimizer: 8 * parameters,
  });
  expect(estimate({ gradientCheckpointing: true }).panels).toBe(4 * (panels - 2 * mlp));
  expect(estimate({ threads: 2 }).gradients).toBe(8 * parameters);
  expect(estimate({ optimizer: { statePrecision: "bfloat16" } }).optimizer).toBe(4 * parameters);
});

test("the total is the sum of its parts", () => {
  const { total, ...parts } = estimate();
  expect(total).toBeCloseTo(
    Object.values(parts).reduce((sum, part) => sum + part, 0),
    0,
  );
});

test("smaller micro-batches and checkpointing save activations", () => {
  const whole = estimate({ microBatchTokens: 4096 }).activations;
  const cut = estimate({ microBatchTokens: 1024 }).activations;
  const checkpointed = estimate({ microBatchTokens: 4096, gradientCheckpointing: true }).activations;
  expect(cut).toBeLessThan(0.6 * whole);
  expect(checkpointed).toBeLessThan(0.6 * whole);
});

test("caches grow with completions and with the problems of an evaluation, up to the rows decoded at once", () => {
  const { caches } = estimate();
  expect(estimate({}, { completionsPerPrompt: 16 }).caches).toBeGreaterThan(1.5 * caches);
  expect(estimate({}, { evaluationProblems: 64 }).caches).toBeGreaterThan(2 * caches);
  const most = estimate({ samplerRows: 8 }, { evaluationProblems: 64 }).caches;
  expect(estimate({ samplerRows: 8 }, { evaluationProblems: 640 }).caches).toBe(most);
});

test("a reference is a second copy of the weights, and its passes are counted", () => {
  const { weights, program } = estimate();
  const withReference = estimate({ reference: true }, { lookups: 1 });
  expect(withReference.weights - weights).toBeGreaterThanOrEqual(4 * parameters);
  expect(withReference.program).toBeGreaterThan(program);
});
