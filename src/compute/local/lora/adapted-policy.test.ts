import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectSameGradients, largestGradient } from "../../../../test/support/same-gradients.ts";
import { sampledBatch } from "../../../../test/support/sampled-batch.ts";
import { tinyPolicy } from "../../../../test/support/tiny-policy.ts";
import { unfiltered } from "../../../../test/support/unfiltered.ts";
import { createOnnxRuntimeBackend } from "../../../engine/backends/onnxruntime/backend.ts";
import type { TrainingBatch } from "../../../pipeline.ts";
import { createRandom } from "../../../random.ts";
import { createLogprobReader } from "../logprob-reader.ts";
import { adaptPolicy, type Policy } from "../policy.ts";
import { createPolicyLearner } from "../policy-learner.ts";
import { createPolicySampler } from "../policy-sampler.ts";
import { createReferencePolicy } from "../reference-policy.ts";
import { createAdapter } from "./adapter.ts";
import { mergeAdapter } from "./merge.ts";
import { describeNewAdapter, newAdapterValues } from "./new-adapter.ts";
import type { TargetModules } from "./target-modules.ts";

const backend = createOnnxRuntimeBackend({ threads: 2 });

const createBase = (tiedEmbeddings: boolean): Policy =>
  tinyPolicy(backend, { tie_word_embeddings: tiedEmbeddings });

/** With B zero, or as if it had been trained. */
function adapt(base: Policy, targetModules: TargetModules, { rank = 4, trained = true } = {}): Policy {
  const settings = { rank, alpha: 8, useRslora: false, targetModules };
  const description = describeNewAdapter(
    { settings, seed: 2, base: { name: "here", revision: null } },
    base.model,
  );
  const fill = newAdapterValues(base.model, description, 2);
  const random = createRandom(7);
  const adapter = createAdapter(backend, base.model, description, (name, values) => {
    fill(name, values);
    if (trained && name.endsWith("lora_B.weight")) {
      values.set(values.map(() => 0.2 * random.normal()));
    }
  });
  return adaptPolicy(base, adapter);
}

const options = { adamw: {}, maxGradientNorm: null, microBatchTokens: 4096, lanes: 1 };
const everything: TargetModules = ".*_proj|lm_head";
const batch: TrainingBatch = {
  groups: [[5, 6, 7], [9, 8, 7, 6, 5, 4, 11], [3]].map((promptTokenIds, group) => ({
    promptTokenIds,
    completions: [0, 1, 2].map((member) => {
      const tokenIds = Array.from(
        { length: 4 + 3 * member + group },
        (_, t) => (5 * t + member + group) % 24,
      );
      return { tokenIds, weights: tokenIds.map((_, t) => (member - 1) / 50 + t / 1000) };
    }),
  })),
};

async function forwardBackward(policy: Policy, changes: Partial<typeof options> = {}) {
  const learner = createPolicyLearner(policy, { ...options, ...changes });
  const result = await learner.forwardBackward(batch);
  learner.free();
  return { ...result, gradients: learner.gradients };
}

function largestGap(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, index) => Math.abs(value - b[index])));
}

const flatten = (logprobs: readonly (readonly number[] | null)[][]) =>
  logprobs.flat().flatMap((one) => one ?? []);

describe.each([true, false])("with tied embeddings: %j", (tied) => {
  const base = createBase(tied);

  test("an adapter whose B is zero changes nothing, whatever its targets and rank", async () => {
    const plain = flatten((await forwardBackward(base)).logprobs);
    const layer = fc.constantFrom(
      "q_proj",
      "k_proj",
      "v_proj",
      "o_proj",
      "gate_proj",
      "down_proj",
      "lm_head",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(layer, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (targets, rank) => {
          const adapted = await forwardBackward(adapt(base, targets, { rank, trained: false }));
          expect(flatten(adapted.logprobs)).toEqual(plain);
        },
      ),
      { numRuns: 6 },
    );
  });

  test("merged into the weights it gives the same log-probabilities", async () => {
    const adapted = adapt(createBase(tied), everything);
    const before = await forwardBackward(adapted);
    const { policy, sideFiles } = mergeAdapter({
      policy: adapted,
      sideFiles: {},
      types: new Map([["model.embed_tokens.weight", "BF16" as const]]),
    });
    expect(policy.model.tiedEmbeddings).toBe(false);
    expect(Object.keys(sideFiles)).toEqual(tied ? ["config.json"] : []);
    const after = await forwardBackward(policy);
    const plain = await forwardBackward(base);
    expect(largestGap(flatten(before.logprobs), flatten(after.logprobs))).toBeLessThan(1e-4);
    expect(largestGap(flatten(before.logprobs), flatten(plain.logprobs))).toBeGreaterThan(0.1);
  });

  test("sampler and learner agree on the log-probability of every token", async () => {
    const policy = adapt(base, everything);
    const sampler = createPolicySampler(policy, {
      endTokenIds: [0],
      decode: () => "",
      maxRows: 16,
    });
    const prompts = [[5, 6, 7], [9, 8, 7, 6, 5, 4, 11], [3]];
    const sampled = sampler.sample(
      prompts.map((promptTokenIds, seed) => ({ promptTokenIds, count: 3, seed })),
      { ...unfiltered, maxTokens: 20 },
    );
    sampler.free();
    const learner = createPolicyLearner(policy, options);
    const { logprobs } = await learner.forwardBackward(sampledBatch(prompts, sampled));
    learner.free();
    const drawn = sampled.flat().flatMap((completion) => completion.logprobs);
    expect(largestGap(drawn, flatten(logprobs))).toBeLessThan(1e-4);
  });

  test("gradients exist for A and B alone, and any micro-batches and lanes give the same", async () => {
    const policy = adapt(base, everything);
    const whole = await forwardBackward(policy);
    expect(Object.keys(whole.gradients)).toEqual([...policy.adapter!.parameters.keys()]);
    expect(largestGradient(whole.gradients)).toBeGreaterThan(0.01);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 3 }),
        async (microBatchTokens, lanes) => {
          const other = await forwardBackward(policy, { microBatchTokens, lanes });
          expectSameGradients(other.gradients, whole.gradients);
        },
      ),
      { numRuns: 5 },
    );
  });
});

test("the reference of an adapted policy is its base, over the same weights", async () => {
  const base = createBase(true);
  const adapted = adapt(base, everything);
  const reference = createReferencePolicy(adapted);
  expect(reference.policy.parameters).toBe(base.parameters);
  const read = (policy: Policy) => createLogprobReader(policy, options).read(batch);
  expect(await read(reference.policy)).toEqual(await read(base));
  expect(await read(reference.policy)).not.toEqual(await read(adapted));
});
