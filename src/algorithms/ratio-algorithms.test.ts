import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoredGroup, weightsOf } from "../../test/support/scored-groups.ts";
import type { ScoredGroup } from "../pipeline.ts";
import type { Algorithm } from "./algorithm.ts";
import { createDapo, dapoDefaults } from "./dapo.ts";
import { createDrGrpo, drGrpoDefaults } from "./dr-grpo.ts";
import { createGpg } from "./gpg.ts";
import { gpgPresets } from "./gpg-presets.ts";
import { createGrpo, grpoDefaults } from "./grpo.ts";
import { createReinforcePlusPlus, reinforcePlusPlusDefaults } from "./reinforce-plus-plus.ts";
import { createRloo, rlooDefaults } from "./rloo.ts";
import { minibatchesOf, withLogprobs } from "./updates.ts";

const highestReward = 1;
const dapo = createDapo({ ...dapoDefaults, highestReward });
const reinforce = createReinforcePlusPlus({ ...reinforcePlusPlusDefaults, highestReward });

const mixed = scoredGroup([1, 0, 0, 1]);
const right = scoredGroup([1, 1, 1, 1]);
const wrong = scoredGroup([0, 0, 0, 0]);

/** The weights of one-token completions, each times the number of completions: their advantages. */
function advantagesOf(algorithm: Algorithm, groups: readonly ScoredGroup[]): number[] {
  const weights = weightsOf(algorithm.weigh(groups).batch).flat(2);
  return weights.map((weight) => weight * weights.length);
}

describe("advantages", () => {
  test("rloo compares each completion with the mean of the others", () => {
    const rewards = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(rewards, (group) => {
        const rloo = createRloo({ ...rlooDefaults, highestReward });
        const total = group.reduce((sum, reward) => sum + reward, 0);
        advantagesOf(rloo, [scoredGroup(group)]).forEach((advantage, index) => {
          const others = (total - group[index]!) / (group.length - 1);
          expect(advantage).toBeCloseTo(group[index]! - others, 9);
        });
      }),
    );
  });

  test("reinforce++ whitens over tokens: mean 0 and variance 1, whatever the groups", () => {
    const groups = [
      scoredGroup([{ reward: 1, tokens: 3 }], "a"),
      scoredGroup([{ reward: 0, tokens: 5 }], "b"),
      scoredGroup([{ reward: 0.5, tokens: 2 }, null], "c"),
    ];
    const { batch, signal } = reinforce.weigh(groups);
    const perToken = weightsOf(batch)
      .flat(2)
      .filter((weight) => weight !== 0)
      .map((weight) => weight * 10);
    expect(perToken).toHaveLength(10);
    expect(perToken.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 9);
    expect(perToken.reduce((sum, value) => sum + value ** 2, 0) / 9).toBeCloseTo(1, 6);
    expect(signal).toMatchObject({ informativeGroups: 0, zeroLossReason: null });
  });

  test("reinforce++ learns from groups that differ among each other alone, unless its baseline is theirs", () => {
    expect(advantagesOf(reinforce, [right, wrong]).every((advantage) => advantage !== 0)).toBe(true);
    const grouped = createReinforcePlusPlus({
      ...reinforcePlusPlusDefaults,
      baseline: "group",
      highestReward,
    });
    expect(grouped.weigh([right, wrong]).signal.zeroLossReason).toBe(
      "all 2 groups have equal rewards: 1 all right, 1 all wrong",
    );
    expect(reinforce.weigh([right, right]).signal.zeroLossReason).toContain("all right");
  });

  test("grpo scales by the group, by the batch or by nothing", () => {
    const other = scoredGroup([3, 1, 1, 1]);
    const scaled = (scaleRewards: "group" | "batch" | "none") =>
      advantagesOf(createGrpo({ ...grpoDefaults, aggregation: "tokens", scaleRewards, highestReward }), [
        mixed,
        other,
      ]);
    expect(scaled("none")).toEqual([0.5, -0.5, -0.5, 0.5, 1.5, -0.5, -0.5, -0.5]);
    expect(scaled("group")[0]).toBeCloseTo(0.5 / (Math.sqrt(1 / 3) + 1e-4), 12);
    expect(scaled("group")[4]).toBeCloseTo(1.5 / (1 + 1e-4), 12);
    expect(scaled("batch")[4]! / scaled("batch")[0]!).toBeCloseTo(3, 12);
  });

  test("dr-grpo divides sums by the limit, grpo by each sequence's own tokens", () => {
    const group = scoredGroup([
      { reward: 1, tokens: 2 },
      { reward: 0, tokens: 4 },
    ]);
    const dr = createDrGrpo({ ...drGrpoDefaults, aggregationConstant: 10, highestReward });
    expect(weightsOf(dr.weigh([group]).batch).flat()).toEqual([
      [0.025, 0.025],
      [-0.025, -0.025, -0.025, -0.025],
    ]);
    const grpo = createGrpo({ ...grpoDefaults, scaleRewards: "none", highestReward });
    expect(weightsOf(grpo.weigh([group]).batch).flat()).toEqual([
      [0.125, 0.125],
      [-0.0625, -0.0625, -0.0625, -0.0625],
    ]);
  });
});

describe("dapo", () => {
  test("samples until the batch is full of informative groups, and trains on them alone", () => {
    const another = scoredGroup([0, 0, 0, 1]);
    expect(dapo.hasEnoughSignal([mixed, right], 2)).toBe(false);
    expect(dapo.hasEnoughSignal([mixed, right, wrong, another], 2)).toBe(true);
    expect(dapo.select([mixed, right, wrong, another], 2)).toEqual([mixed, another]);
    expect(dapo.select([mixed, right], 2)).toEqual([mixed]);
    expect(dapo.weigh(dapo.select([right, wrong, right], 2)).signal.zeroLossReason).toBe(
      "all 2 groups have equal rewards: 1 all right, 1 all wrong",
    );
  });

  test("leaves cut-off completions out of the loss, and counts their rewards", () => {
    const group = scoredGroup([{ reward: 1, finishReason: "length" }, { reward: 0 }, { reward: 0 }]);
    const weights = weightsOf(dapo.weigh([group]).batch).flat(2);
    expect(weights[0]).toBe(0);
    expect(weights[1]).toBeLessThan(0);
  });
});

describe("the KL term", () => {
  const withKl = createGrpo({ ...grpoDefaults, beta: 0.1, highestReward });

  test("has the denominators of the advantages, and no weight on what is masked", () => {
    const group = scoredGroup([{ reward: 1, tokens: 2 }, { reward: 0, tokens: 4 }, null]);
    const { completions } = withKl.weigh([group]).batch.groups[0]!;
    expect(completions.map(({ klWeights }) => klWeights)).toEqual([
      [0.025, 0.025],
      [0.0125, 0.0125, 0.0125, 0.0125],
      [0],
    ]);
  });

  test("is learned from where no group is informative", () => {
    expect(withKl.weigh([right]).signal).toMatchObject({ informativeGroups: 0, zeroLossReason: null });
    expect(withKl.weigh([scoredGroup([null, null])]).signal.zeroLossReason).not.toBeNull();
    const gpg = createGpg({ ...gpgPresets.paper, beta: 0.1, highestReward });
    expect(gpg.weigh([right]).signal).toMatchObject({ alpha: 1, zeroLossReason: null });
    const { batch, signal } = gpg.weigh([mixed, right]);
    expect(signal.alpha).toBe(2);
    expect(batch.groups[1]!.completions[0]!.klWeights![0]).toBeCloseTo((2 * 0.1) / 8, 12);
    expect([gpg.usesReference, dapo.usesReference]).toEqual([true, false]);
  });
});

describe("updates", () => {
  const { batch } = createGrpo({ ...grpoDefaults, beta: 0.2, highestReward }).weigh([mixed, right, mixed]);

  test("parts of a batch add up to as many times the whole, each group in one of them", () => {
    const parts = minibatchesOf(batch, 2);
    expect(parts.map(({ groups }) => groups.length)).toEqual([2, 1]);
    const sum = (batches: (typeof batch)[], read: "weights" | "klWeights") =>
      batches
        .flatMap(({ groups }) =>
          groups.flatMap(({ completions }) => completions.flatMap((one) => one[read]!)),
        )
        .reduce((total, weight) => total + Math.abs(weight), 0);
    for (const read of ["weights", "klWeights"] as const) {
      expect(sum(parts, read)).toBeCloseTo(2 * sum([batch], read), 12);
    }
    expect(parts.every(({ loss }) => loss === batch.loss)).toBe(true);
    expect(minibatchesOf(batch, 1)).toEqual([batch]);
  });

  test("parts without any weight are left out", () => {
    const plain = createGrpo({ ...grpoDefaults, highestReward }).weigh([mixed, right]).batch;
    expect(minibatchesOf(plain, 2)).toHaveLength(1);
    expect(minibatchesOf(plain, 5)).toHaveLength(1);
  });

  test("log-probabilities stand beside the tokens that they belong to", () => {
    const logprobs = batch.groups.map(({ completions }, g) => completions.map((_, c) => [-(g + c / 10)]));
    const { groups } = withLogprobs(batch, { old: logprobs, reference: logprobs });
    expect(groups[2]!.completions[1]).toMatchObject({ oldLogprobs: [-2.1], referenceLogprobs: [-2.1] });
    expect(withLogprobs(batch, {})).toEqual(batch);
  });
});

test.each<[object, string]>([
  [{ clipLow: 1.5 }, "grpo clipLow is 1.5; it has to be a number from 0 to 1"],
  [{ clipHigh: Number.POSITIVE_INFINITY }, "grpo clipHigh is Infinity; it has to be a number of at least 0"],
  [{ beta: -1 }, "grpo beta is -1; it has to be a number of at least 0"],
  [{ numIterations: 0 }, "grpo numIterations is 0; it has to be a whole number of at least 1"],
  [{ minibatches: 1.5 }, "grpo minibatches is 1.5; it has to be a whole number of at least 1"],
  [{ aggregation: "constant" }, 'grpo aggregationConstant is undefined; aggregation "constant" needs'],
])("%j is refused", (changes, message) => {
  expect(() => createGrpo({ ...grpoDefaults, highestReward, ...changes })).toThrow(message);
});
