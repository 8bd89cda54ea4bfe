import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { describeModel } from "../../src/compute/local/local-model.ts";
import { mergeAdapter } from "../../src/compute/local/lora/merge.ts";
import type { Policy } from "../../src/compute/local/policy.ts";
import { createPolicyLearner } from "../../src/compute/local/policy-learner.ts";
import { loadPolicy } from "../../src/compute/local/policy-storage.ts";
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

const folderOf = (name: string) => path.join(fixturesFolder, "models", name);
const names = modelFixtures().text.filter((name) => existsSync(path.join(folderOf(name), "adapter")));

test.skipIf(fixturesAbsent)("there are recorded adapters", () => {
  expect(names).not.toEqual([]);
});

describe.each(names)("the adapter of %s", (name) => {
  const base = folderOf(name);
  const source = { base, adapter: path.join(base, "adapter") };
  const description = describeModel(source);
  const load = (): Policy => loadPolicy(backend, source, description);
  const reference = readFixture<Reference>("models", name, "reference.json");
  const tolerances = new Map(reference.tensors.map((tensor) => [tensor.name, tensor.tolerance]));
  const readRecorded = recordedTensors(name);
  const report = reportTolerance(`adapter of ${name}`);
  const sides = (["right", "left"] as const).filter((side) => tolerances.has(`lora.${side}.logits`));

  test.each(sides)("logits of a batch padded on the %s, with the adapter and merged", (side) => {
    const tensor = `lora.${side}.logits`;
    const expected = readRecorded(tensor);
    const policy = load();
    const got = paddedLogits(policy, reference.inputs[side]);
    report(tensor, toleranceUsed(got, expected, tolerances.get(tensor)!));
    const { sideFiles, storedTypes: types } = description;
    const merged = paddedLogits(mergeAdapter({ policy, sideFiles, types }).policy, reference.inputs[side]);
    report(`${tensor}, merged`, toleranceUsed(merged, expected, tolerances.get(tensor)!));
    report("merged beside adapter", toleranceUsed(merged, got, { atol: 1e-4, rtol: 0 }));
  });

  test.each(waysToLearn)(
    "GPG loss, log-probabilities and gradients in micro-batches of %i tokens on %i lanes, %s",
    async (microBatchTokens, lanes, activations) => {
      const policy = load();
      const learner = createPolicyLearner(policy, {
        adamw: {},
        maxGradientNorm: null,
        microBatchTokens,
        lanes,
        gradientCheckpointing: activations === "checkpointed",
      });
      const everyToken = await learner.forwardBackward(gpgBatch(reference.inputs, () => 1));
      const logprobs = gpgLogprobs(reference.inputs, everyToken);
      const tensor = "lora.gpg.logps";
      report(tensor, toleranceUsed(logprobs, readRecorded(tensor), tolerances.get(tensor)!));
      learner.clearGradients();
      const { loss } = await learner.forwardBackward(gpgLossBatch(reference.inputs));
      const { value, tolerance } = reference.lora!.gpg_loss;
      report("loss", toleranceUsed([loss], [value], tolerance));
      const recorded = [...tolerances.keys()].filter((tensor) => tensor.startsWith("lora.gpg.grad."));
      expect(
        Object.keys(learner.gradients)
          .map((parameter) => `lora.gpg.grad.${parameter}`)
          .sort(),
      ).toEqual(recorded.sort());
      for (const [parameter, gradient] of Object.entries(learner.gradients)) {
        const tensor = `lora.gpg.grad.${parameter}`;
        report("gradients", toleranceUsed(gradient, readRecorded(tensor), tolerances.get(tensor)!));
      }
      learner.free();
    },
  );

  test("an update changes the adapter and nothing of the base", async () => {
    const policy = load();
    const before = [...policy.parameters].map(([parameter, { values }]) => [parameter, values.slice()]);
    const adapterBefore = [...policy.trainable.values()].map(({ values }) => values.slice());
    const learner = createPolicyLearner(policy, {
      adamw: {},
      maxGradientNorm: 1,
      microBatchTokens: 1024,
      lanes: 1,
    });
    await learner.forwardBackward(gpgBatch(reference.inputs, () => 0.01));
    learner.optimStep(0.001);
    learner.free();
    expect([...policy.parameters].map(([parameter, { values }]) => [parameter, values])).toEqual(before);
    for (const [index, { values }] of [...policy.trainable.values()].entries()) {
      expect(values).not.toEqual(adapterBefore[index]);
    }
  });
});
