import { expect, test } from "vitest";
import { sampledBatch } from "../../../test/support/sampled-batch.ts";
import { plainLearner } from "../../../test/support/tiny-policy.ts";
import { tinySizes } from "../../../test/support/tiny-sizes.ts";
import { unfiltered } from "../../../test/support/unfiltered.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { createModel, familyNames } from "../../models/registry.ts";
import { createRandom } from "../../random.ts";
import { createPolicy } from "./policy.ts";
import { createPolicyLearner } from "./policy-learner.ts";
import { createPolicySampler } from "./policy-sampler.ts";
import { randomWeights } from "./random-weights.ts";

const backend = createOnnxRuntimeBackend({ threads: 2 });
const llama3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
/** Beside its plain form, each family with all that its configs can ask for. */
const variants: Readonly<Record<string, object>> = {
  qwen2: { tie_word_embeddings: true, head_dim: 12, num_key_value_heads: 4 },
  qwen3: { attention_bias: true, num_key_value_heads: 1 },
  llama: {
    attention_bias: true,
    mlp_bias: true,
    rope_scaling: { ...llama3, original_max_position_embeddings: 16 },
  },
};

test.each(
  familyNames.flatMap((family) => [
    [family, {}],
    [family, variants[family]!],
  ]) as [string, object][],
)("%s with %j: sampler and learner agree on the log-probability of every token", async (family, variant) => {
  const configuration = {
    model_type: family,
    ...tinySizes,
    head_dim: 16,
    max_position_embeddings: 64,
    initializer_range: 0.3,
    ...variant,
  };
  const model = createModel(configuration, "the test's config");
  const initial = randomWeights(model, 1);
  const noise = createRandom(2, 0);
  const policy = createPolicy(backend, model, (name, values) => {
    initial(name, values);
    values.forEach((value, i) => {
      values[i] = value + 0.1 * noise.normal();
    });
  });
  const prompts = [[5, 6, 7], [9, 8, 7, 6, 5, 4, 11], [3]];
  const requests = prompts.map((promptTokenIds, seed) => ({ promptTokenIds, count: 3, seed }));
  const sampler = createPolicySampler(policy, { endTokenIds: [0], decode: () => "", maxRows: 16 });
  const sampled = sampler.sample(requests, { ...unfiltered, maxTokens: 40 });
  sampler.free();

  const learner = createPolicyLearner(policy, { ...plainLearner, microBatchTokens: 128 });
  const { logprobs } = await learner.forwardBackward(sampledBatch(prompts, sampled));
  const gaps = sampled.flatMap((completions, group) =>
    completions.flatMap((completion, member) =>
      completion.logprobs.map((logprob, t) => Math.abs(logprob - logprobs[group][member]![t])),
    ),
  );
  expect(gaps.length).toBeGreaterThan(30);
  expect(Math.max(...gaps)).toBeLessThan(1e-4);
  for (const [name, gradient] of Object.entries(learner.gradients)) {
    expect(
      gradient.some((value) => value !== 0),
      `${name} has a gradient`,
    ).toBe(true);
  }
  learner.free();
});
