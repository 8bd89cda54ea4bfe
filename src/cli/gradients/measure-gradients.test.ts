import { expect, test } from "vitest";
import { scoredGroup } from "../../../test/support/scored-groups.ts";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { createDrGrpo, drGrpoDefaults } from "../../algorithms/dr-grpo.ts";
import { createGpg } from "../../algorithms/gpg.ts";
import { gpgPresets } from "../../algorithms/gpg-presets.ts";
import { createGradientReader } from "../../compute/local/gradient-reader.ts";
import type { LocalBackend } from "../../compute/local/index.ts";
import { createPolicyLearner } from "../../compute/local/policy-learner.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { algorithmSection } from "../algorithm-section.ts";
import { batchesOf, lossNames } from "./losses.ts";
import { type GradientReport, measureGradients, type NamedBatch } from "./measure-gradients.ts";
import { gradientTables } from "./report.ts";

const learner = createPolicyLearner(tinyPolicy(createOnnxRuntimeBackend({ threads: 1 })), plainLearner);
const own = createGradientReader(learner);
let passes = 0;
const reader: LocalBackend["gradients"] = {
  measure: (batch, options) => {
    passes += 1;
    return own.measure(batch, options);
  },
  forget: async () => own.forget(),
};

const completion = (reward: number, length: number, seed: number) => ({
  reward,
  tokens: Array.from({ length }, (_, t) => 2 + ((7 * t + 5 * seed) % 20)),
});
/** Two informative groups of other spread, and one without a difference. */
const groups = [
  scoredGroup(
    [completion(0.125, 6, 1), completion(0, 3, 2), completion(0, 9, 3), completion(0, 5, 4)],
    "a",
    [3, 4],
  ),
  scoredGroup(
    [completion(1, 4, 5), completion(0.5, 8, 6), completion(1, 7, 7), completion(0, 2, 8)],
    "b",
    [5, 6, 7],
  ),
  scoredGroup(
    [completion(0, 5, 9), completion(0, 5, 10), completion(0, 4, 11), completion(0, 3, 12)],
    "c",
    [8],
  ),
];
const context = { maxTokens: 32, highestReward: 1 };
const recipe = algorithmSection.parse({ name: "grpo", scaleRewards: "batch", beta: 0.1 });
const sampling = { maxTokens: 32, temperature: 1 };
const stored = (...names: string[]) => batchesOf(names, groups, { recipe, sampling });

const measure = (batches: readonly NamedBatch[], held = 99) => measureGradients(reader, batches, { held });
const between = ({ losses, cosines }: GradientReport, a: string, b: string): number => {
  const index = (name: string) => losses.findIndex((loss) => loss.name === name);
  return cosines[index(a)]![index(b)]!;
};
const norm = ({ losses }: GradientReport, name: string) => losses.find((loss) => loss.name === name)!.norm;

const all = stored(...lossNames);

test("a loss is parallel to itself and to itself at another scale", async () => {
  const drGrpo = (constant: number) =>
    createDrGrpo({ ...drGrpoDefaults, ...context, aggregationConstant: constant }).weigh(groups).batch;
  const report = await measure([
    { name: "once", batch: drGrpo(10) },
    { name: "again", batch: drGrpo(10) },
    { name: "scaled", batch: drGrpo(1000) },
  ]);
  expect(between(report, "once", "again")).toBeCloseTo(1, 9);
  expect(between(report, "once", "scaled")).toBeCloseTo(1, 6);
  expect(norm(report, "once") / norm(report, "scaled")).toBeCloseTo(100, 3);
});

test("losses that weigh completions alike are parallel, and no others are", async () => {
  const report = await measure(all);
  // With one iteration and no KL term, Dr. GRPO, RLOO and GPG give every token a multiple of r - m.
  for (const name of ["dr-grpo", "rloo", "gpg-alpha"]) {
    expect(between(report, "gpg-plain", name), name).toBeCloseTo(1, 6);
  }
  expect(norm(report, "gpg-alpha") / norm(report, "gpg-plain")).toBeCloseTo(3 / 2, 4);
  expect(norm(report, "rloo") / norm(report, "gpg-plain")).toBeCloseTo(4 / 3, 4);
  for (const name of ["recipe", "gpg-std", "grpo", "reinforce++", "sft"]) {
    expect(Math.abs(between(report, "gpg-plain", name)), name).toBeLessThan(0.999);
  }
  // DAPO leaves the third group out of the mean, whose gradient is 0; its direction is that of GPG with F = std.
  expect(between(report, "dapo", "gpg-std")).toBeCloseTo(1, 5);
  expect(norm(report, "dapo")).toBeGreaterThan(norm(report, "gpg-std"));
});

test("GPG with F = std and means of sequences is GRPO's first iteration", async () => {
  const options = {
    ...gpgPresets.paper,
    ...context,
    alpha: "off",
    normalisation: "group-std",
    aggregation: "sequences",
  } as const;
  const report = await measure([
    ...stored("grpo"),
    { name: "gpg", batch: createGpg(options).weigh(groups).batch },
  ]);
  expect(between(report, "grpo", "gpg")).toBeCloseTo(1, 6);
  expect(norm(report, "grpo") / norm(report, "gpg")).toBeCloseTo(1, 5);
});

test("however few gradients are held, the report is the same, for more passes", async () => {
  passes = 0;
  const whole = await measure(all);
  expect(passes).toBe(10);
  for (const [held, expected] of [
    [2, 10 + 8 + 6 + 4 + 2],
    [4, 10 + 6 + 2],
  ] as const) {
    passes = 0;
    expect(await measure(all, held)).toEqual(whole);
    expect(passes).toBe(expected);
  }
});

test("norms by group of parameters add up, and each group has its own cosines", async () => {
  const report = await measure(stored("gpg-plain", "sft"));
  for (const { norm: whole, groupNorms } of report.losses) {
    expect(Object.keys(groupNorms)).toEqual(["embed_tokens", "layers.0", "layers.1", "norm", "lm_head"]);
    expect(Math.hypot(...Object.values(groupNorms))).toBeCloseTo(whole, 9);
  }
  const [first, second] = report.losses;
  const products = Object.entries(report.groupCosines).map(
    ([group, cosines]) => cosines[0]![1]! * first!.groupNorms[group]! * second!.groupNorms[group]!,
  );
  const sum = products.reduce((total, product) => total + product, 0);
  expect(sum / (first!.norm * second!.norm)).toBeCloseTo(report.cosines[0]![1]!, 9);
});

test("without a difference between rewards only imitation has a gradient", async () => {
  const equal = [groups[2]!];
  const names = ["gpg-alpha", "grpo", "dapo", "reinforce++", "sft"];
  const batches = batchesOf(names, equal, { recipe, sampling });
  const report = await measure(batches);
  expect(report.losses.map(({ norm: each }) => each > 0)).toEqual([false, false, false, false, true]);
  expect(report.cosines[0]).toEqual([null, null, null, null, null]);
  expect(gradientTables(report)).not.toMatch(/NaN|null|undefined/);
});
