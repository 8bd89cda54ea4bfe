import fc from "fast-check";
import { expect, test } from "vitest";
import { expectSameGradients } from "../../../test/support/same-gradients.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import type { TrainingBatch, TrainingGroup } from "../../pipeline.ts";
import { createLogprobReader } from "./logprob-reader.ts";
import { createLossReport } from "./loss-report.ts";
import { createPolicy, type Policy } from "./policy.ts";
import { createPolicyLearner, type LearnerOptions } from "./policy-learner.ts";
import { randomWeights } from "./random-weights.ts";
import { createReferencePolicy } from "./reference-policy.ts";

const policy = tinyPolicy(createOnnxRuntimeBackend({ threads: 2 }));
const { model } = policy;
const options: LearnerOptions = plainLearner;

const lengths = [
  [5, 9, 1],
  [3, 12, 7],
  [17, 2, 4],
];
const tokens = lengths.map((group, g) => ({
  promptTokenIds: Array.from({ length: 3 + 4 * g }, (_, i) => 2 + ((5 * i + g) % 20)),
  completions: group.map((length, c) => ({
    tokenIds: Array.from({ length }, (_, t) => 2 + ((7 * t + 3 * c + g) % 21)),
  })),
}));

/** Signed weights, ratios on both sides of the clip range, references on both sides of the policy. */
function batchOf(logprobs: number[][][], terms: { old: boolean; kl: boolean }): TrainingBatch {
  const wave = (seed: number) => Math.sin(12.9 * seed);
  return {
    loss: { name: "clipped-ratio", clip: { low: 0.2, high: 0.28 } },
    groups: tokens.map(
      ({ promptTokenIds, completions }, g): TrainingGroup => ({
        promptTokenIds,
        completions: completions.map(({ tokenIds }, c) => ({
          tokenIds,
          // One completion has no weight, and is there for its KL term alone.
          weights: tokenIds.map((_, t) => (g === 1 && c === 0 ? 0 : wave(g + 3 * c + t / 50) / 40)),
          ...(terms.old && { oldLogprobs: logprobs[g][c].map((logprob, t) => logprob + 0.5 * wave(t + g)) }),
          ...(terms.kl && {
            klWeights: tokenIds.map(() => 0.01),
            referenceLogprobs: logprobs[g][c].map((logprob, t) => logprob + wave(2 * t + c)),
          }),
        })),
      }),
    ),
  };
}

async function logprobsUnder(given: Policy, more: Partial<typeof options> = {}, temperature = 1) {
  const reader = createLogprobReader(given, { ...options, ...more });
  const found = await reader.read({ groups: tokens, temperature });
  reader.free();
  return found;
}

async function gradientsOf(given: Policy, batch: TrainingBatch, more = {}) {
  const learner = createPolicyLearner(given, { ...options, ...more });
  const result = await learner.forwardBackward(batch);
  learner.free();
  return { ...result, gradients: learner.gradients };
}

const kinds = [
  { old: true, kl: true, temperature: 0.6 },
  { old: false, kl: true, temperature: 1 },
];

test.each(kinds)(
  "the update of $old, $kl at temperature $temperature is the same however it is cut, ordered and padded",
  async ({ temperature, ...terms }) => {
    const batch = { ...batchOf(await logprobsUnder(policy, {}, temperature), terms), temperature };
    const whole = await gradientsOf(policy, batch, { microBatchTokens: 100_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 3 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        fc.boolean(),
        async (microBatchTokens, lanes, order, gradientCheckpointing) => {
          const shuffled = { ...batch, groups: order.map((index) => batch.groups[index]) };
          const other = await gradientsOf(policy, shuffled, {
            microBatchTokens,
            lanes,
            gradientCheckpointing,
          });
          expect(Math.abs(other.loss - whole.loss)).toBeLessThan(1e-5);
          for (const [name, value] of Object.entries(whole.metrics)) {
            expect(other.metrics[name]).toBeCloseTo(value, 5);
          }
          expectSameGradients(other.gradients, whole.gradients);
        },
      ),
      { numRuns: 3 },
    );
  },
);

test("KL, and what was clipped, are reported as means over tokens", async () => {
  const logprobs = await logprobsUnder(policy);
  const batch = batchOf(logprobs, { old: true, kl: true });
  const { metrics } = await gradientsOf(policy, batch);
  const all = batch.groups.flatMap(({ completions }, g) =>
    completions.flatMap(({ weights, oldLogprobs, referenceLogprobs }, c) =>
      weights.map((weight, t) => {
        const ratio = Math.exp(logprobs[g][c][t] - oldLogprobs![t]);
        const difference = referenceLogprobs![t] - logprobs[g][c][t];
        return {
          low: Number(weight < 0 && ratio < 0.8),
          high: Number(weight > 0 && ratio > 1.28),
          kl: Math.exp(difference) - difference - 1,
        };
      }),
    ),
  );
  const mean = (read: (token: (typeof all)[number]) => number) =>
    all.reduce((sum, token) => sum + read(token), 0) / all.length;
  expect(metrics.clipLow).toBeCloseTo(
    mean(({ low }) => low),
    10,
  );
  expect(metrics.clipHigh).toBeCloseTo(
    mean(({ high }) => high),
    10,
  );
  expect(metrics.kl).toBeCloseTo(
    mean(({ kl }) => kl),
    5,
  );
  expect(Math.min(metrics.clipLow, metrics.clipHigh)).toBeGreaterThan(0);
});

test("without old log-probabilities every ratio is 1: the gradient of the policy gradient, to the bit", async () => {
  const batch = batchOf(await logprobsUnder(policy), { old: false, kl: false });
  const ratio = await gradientsOf(policy, batch);
  const { loss, ...plain } = batch;
  const weighted = await gradientsOf(policy, plain);
  expect(ratio.gradients).toEqual(weighted.gradients);
  expect(ratio.metrics).toEqual({});
  const weights = batch.groups.flatMap(({ completions }) => completions.flatMap((each) => each.weights));
  expect(ratio.loss).toBeCloseTo(-weights.reduce((sum, weight) => sum + weight, 0), 10);
});

test("log-probabilities are those of the backward pass, in any micro-batches, of every token", async () => {
  const { logprobs } = await gradientsOf(policy, {
    groups: tokens.map((group) => ({
      ...group,
      completions: group.completions.map(({ tokenIds }) => ({ tokenIds, weights: tokenIds.map(() => 1) })),
    })),
  });
  for (const more of [{}, { microBatchTokens: 20 }, { microBatchTokens: 60, lanes: 2 }]) {
    (await logprobsUnder(policy, more)).forEach((group, g) => {
      group.forEach((completion, c) => {
        expect(completion).toHaveLength(lengths[g][c]);
        completion.forEach((logprob, t) => {
          expect(Math.abs(logprob - logprobs[g][c]![t])).toBeLessThan(1e-5);
        });
      });
    });
  }
});

test.each([1, 0.7])(
  "the gradient of a clipped loss with KL at temperature %d is its slope through the whole model",
  async (temperature) => {
    const exact = tinyPolicy(createReferenceBackend(), {
      vocab_size: 26,
      hidden_size: 8,
      intermediate_size: 8,
      num_attention_heads: 2,
      num_hidden_layers: 1,
    });
    const batch = batchOf(await logprobsUnder(exact, {}, temperature), { old: true, kl: true });
    const narrow = { ...batch, groups: batch.groups.slice(0, 1), temperature };
    const { gradients } = await gradientsOf(exact, narrow);
    const reader = createLogprobReader(exact, options);
    const lossAt = async (): Promise<number> => {
      const report = createLossReport(narrow);
      for (const [index, logprobs_T] of (await reader.read(narrow))[0].entries()) {
        report.add(narrow.groups[0].completions[index], logprobs_T);
      }
      return report.loss;
    };
    let largest = 0;
    for (const [index, [name, { values }]] of [...exact.parameters].entries()) {
      const weights = values as Float64Array;
      const at = (7 * index) % weights.length;
      const start = weights[at];
      const step = 1e-5;
      weights[at] = start + step;
      const above = await lossAt();
      weights[at] = start - step;
      const below = await lossAt();
      weights[at] = start;
      const slope = (above - below) / (2 * step);
      expect(Math.abs(slope - gradients[name][at]), name).toBeLessThan(1e-6);
      largest = Math.max(largest, Math.abs(slope));
    }
    expect(largest).toBeGreaterThan(1e-3);
  },
);

test("a reference stays while the policy moves, and is restored to the bit", async () => {
  const moving = createPolicy(policy.backend, model, randomWeights(model, 1));
  const reference = createReferencePolicy(moving);
  const before = await logprobsUnder(reference.policy);
  expect(before).toEqual(await logprobsUnder(moving));
  const learner = createPolicyLearner(moving, options);
  await learner.forwardBackward(batchOf(before, { old: true, kl: true }));
  learner.optimStep(0.01);
  expect(await logprobsUnder(reference.policy)).toEqual(before);
  const after = await logprobsUnder(moving);
  expect(after).not.toEqual(before);
  reference.freeze();
  expect(await logprobsUnder(reference.policy)).toEqual(after);

  const folder = temporaryFolder();
  reference.save(folder);
  const restored = createReferencePolicy(createPolicy(policy.backend, model, randomWeights(model, 2)));
  restored.load(folder);
  for (const [name, { values }] of reference.policy.parameters) {
    expect(restored.policy.parameters.get(name)!.values, name).toEqual(values);
  }
});
