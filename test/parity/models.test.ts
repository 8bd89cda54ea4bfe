import path from "node:path";
import { describe, expect, test } from "vitest";
import { readModelFolder, withWeights } from "../../src/compute/local/model-folder.ts";
import { createPolicy, type Policy } from "../../src/compute/local/policy.ts";
import { createPolicyLearner } from "../../src/compute/local/policy-learner.ts";
import { createPolicySampler } from "../../src/compute/local/policy-sampler.ts";
import { sampledBatch } from "../support/sampled-batch.ts";
import { plainLearner } from "../support/tiny-policy.ts";
import { unfiltered } from "../support/unfiltered.ts";
import { fixturesAbsent, fixturesFolder, modelFixtures, readFixture, toleranceUsed } from "./fixtures.ts";
import {
  backend,
  gpgBatch,
  gpgLogprobs,
  gpgLossBatch,
  paddedLogits,
  type Reference,
  recordedTensors,
  reportTolerance,
  waysToLearn,
} from "./model-reference.ts";

function loadPolicy(directory: string): Policy {
  const { model } = readModelFolder(directory);
  return withWeights(directory, model, (fill) => createPolicy(backend, model, fill));
}

const fixtures = modelFixtures();
for (const name of fixtures.vision) {
  console.log(`${name}: skipped, a vision-language model`);
}

test.skipIf(fixturesAbsent)("there are recorded models", () => {
  expect(fixtures.text).not.toEqual([]);
});

describe.each(fixtures.text)("%s", (name) => {
  const directory = path.join(fixturesFolder, "models", name);
  const reference = readFixture<Reference>("models", name, "reference.json");
  const tolerances = new Map(reference.tensors.map((tensor) => [tensor.name, tensor.tolerance]));
  const readRecorded = recordedTensors(name);
  const report = reportTolerance(name);

  test.each(["right", "left"] as const)("logits of a batch padded on the %s", (side) => {
    const got = paddedLogits(loadPolicy(directory), reference.inputs[side]);
    const tensor = `${side}.logits`;
    report(tensor, toleranceUsed(got, readRecorded(tensor), tolerances.get(tensor)!));
  });

  test("greedy generation with a cache", () => {
    const sampler = createPolicySampler(loadPolicy(directory), {
      endTokenIds: [],
      decode: () => "",
      maxRows: 64,
    });
    const greedy = { ...unfiltered, temperature: 0 };
    for (const { prompt_ids, new_ids } of reference.greedy.cases) {
      const request = { promptTokenIds: prompt_ids, count: 1, seed: 0 };
      const [[completion]] = sampler.sample([request], { ...greedy, maxTokens: new_ids.length });
      expect(completion.tokenIds).toEqual(new_ids);
    }
    for (const count of [1, 2]) {
      const together = sampler.sample(
        reference.greedy.cases.map(({ prompt_ids }) => ({ promptTokenIds: prompt_ids, count, seed: 0 })),
        { ...greedy, maxTokens: reference.greedy.cases[0].new_ids.length },
      );
      expect(together.map((group) => group.map(({ tokenIds }) => tokenIds))).toEqual(
        reference.greedy.cases.map(({ new_ids }) => Array(count).fill(new_ids)),
      );
    }
    sampler.free();
  });

  test.each([1, 3])(
    "sampler and learner agree on the log-probabilities of sampled tokens, %i a prompt",
    async (count) => {
      const policy = loadPolicy(directory);
      const sampler = createPolicySampler(policy, { endTokenIds: [], decode: () => "", maxRows: 64 });
      const prompts = reference.greedy.cases.map(({ prompt_ids }) => prompt_ids);
      const requests = prompts.map((promptTokenIds, seed) => ({ promptTokenIds, count, seed }));
      const sampled = sampler.sample(requests, { ...unfiltered, maxTokens: 48 });
      sampler.free();
      const learner = createPolicyLearner(policy, { ...plainLearner, microBatchTokens: 512 });
      const { logprobs } = await learner.forwardBackward(sampledBatch(prompts, sampled));
      learner.free();
      const flat = sampled.flatMap((completions) => completions.flatMap((completion) => completion.logprobs));
      const learned = logprobs.flatMap((completions) => completions.flatMap((values) => values ?? []));
      report(
        `sampler beside learner, ${count} a prompt`,
        toleranceUsed(flat, learned, { atol: 1e-4, rtol: 0 }),
      );
    },
  );

  test.each(waysToLearn)(
    "GPG loss, log-probabilities, gradients and AdamW in micro-batches of %i tokens on %i lanes, %s",
    async (microBatchTokens, lanes, activations) => {
      const policy = loadPolicy(directory);
      const { lr, betas, eps, weight_decay, max_grad_norm } = reference.adamw.hyperparameters;
      const learner = createPolicyLearner(policy, {
        adamw: { betas, epsilon: eps, weightDecay: weight_decay },
        maxGradientNorm: max_grad_norm,
        microBatchTokens,
        lanes,
        gradientCheckpointing: activations === "checkpointed",
      });
      const { completion_mask } = reference.inputs.gpg;
      const everyToken = await learner.forwardBackward(gpgBatch(reference.inputs, () => 1));
      const columns = completion_mask[0].length;
      const logprobs = gpgLogprobs(reference.inputs, everyToken);
      expect(logprobs).toHaveLength(columns * completion_mask.length);
      report("gpg.logps", toleranceUsed(logprobs, readRecorded("gpg.logps"), tolerances.get("gpg.logps")!));
      learner.clearGradients();

      const batch = gpgLossBatch(reference.inputs);
      for (const [index, step] of reference.adamw.steps.entries()) {
        const { loss } = await learner.forwardBackward(batch);
        const recordedLoss = index === 0 ? reference.gpg.loss : step.loss;
        report(
          `loss of step ${index + 1}`,
          toleranceUsed([loss], [recordedLoss.value], recordedLoss.tolerance),
        );
        if (index === 0) {
          let largestOfGradients = 0;
          for (const [parameter, gradient] of Object.entries(learner.gradients)) {
            const tensor = `gpg.grad.${parameter}`;
            largestOfGradients = Math.max(
              largestOfGradients,
              toleranceUsed(gradient, readRecorded(tensor), tolerances.get(tensor)!),
            );
          }
          report(`gradients of ${Object.keys(learner.gradients).length} parameters`, largestOfGradients);
        }
        const { gradientNorm } = learner.optimStep(lr);
        const norm = step.grad_norm_before_clipping;
        report(
          `gradient norm of step ${index + 1}`,
          toleranceUsed([gradientNorm], [norm.value], norm.tolerance),
        );
      }

      let largestOfParameters = 0;
      for (const [parameter, expected] of Object.entries(reference.adamw.parameters)) {
        const values = policy.parameters.get(parameter)!.values as Float32Array;
        const sum = values.reduce((total, value) => total + value, 0);
        const absoluteSum = values.reduce((total, value) => total + Math.abs(value), 0);
        const sums = toleranceUsed(
          [sum, absoluteSum],
          [expected.sum, expected.abs_sum],
          expected.tolerance_of_sums,
        );
        const fragile = new Set(
          expected.index.flatMap((flat, i) => (expected.fragile.includes(flat) ? [i] : [])),
        );
        const entries = toleranceUsed(
          expected.index.map((flat) => values[flat]),
          expected.value,
          reference.adamw.tolerance_of_values,
          fragile,
        );
        largestOfParameters = Math.max(largestOfParameters, sums, entries);
      }
      report("parameters after AdamW", largestOfParameters);
      learner.free();
    },
  );
});
