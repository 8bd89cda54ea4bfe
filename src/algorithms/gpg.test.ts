import { describe, expect, test } from "vitest";
import { lossOf, scoredGroup, weightsOf } from "../../test/support/scored-groups.ts";
import { ConfigError } from "../errors.ts";
import { createGpg } from "./gpg.ts";
import type { GpgOptions } from "./gpg-options.ts";
import { gpgPresets } from "./gpg-presets.ts";

const options: GpgOptions = { ...gpgPresets.paper, highestReward: 1 };

const mixed = scoredGroup([1, 0, 0, 1]);
const right = scoredGroup([1, 1, 1, 1]);
const wrong = scoredGroup([0, 0, 0, 0]);

describe("weigh", () => {
  test("gives each token alpha * (r - m) / Z", () => {
    const group = scoredGroup([
      { reward: 1, tokens: 3 },
      { reward: 0, tokens: 2 },
    ]);
    const equal = scoredGroup([
      { reward: 1, tokens: 1 },
      { reward: 1, tokens: 4 },
    ]);
    const { batch, signal } = createGpg(options).weigh([group, equal]);
    expect(signal).toEqual({
      groups: 2,
      informativeGroups: 1,
      allRightGroups: 1,
      allWrongGroups: 0,
      unscoredGroups: 0,
      alpha: 2,
      zeroLossReason: null,
    });
    expect(weightsOf(batch)).toEqual([
      [
        [0.1, 0.1, 0.1],
        [-0.1, -0.1],
      ],
      [[0], [0, 0, 0, 0]],
    ]);
    expect(batch.groups.map(({ promptTokenIds }) => promptTokenIds)).toEqual([[7], [7]]);
    expect(batch.groups[0]!.completions[0]!.tokenIds).toEqual([0, 1, 2]);
    expect(lossOf(batch, () => -1)).toBeCloseTo(0.1, 12);
  });

  test("counts tokens of informative groups for alpha: tokens", () => {
    const long = scoredGroup([
      { reward: 0, tokens: 6 },
      { reward: 0, tokens: 6 },
    ]);
    const { batch, signal } = createGpg({ ...options, alpha: "tokens" }).weigh([scoredGroup([1, 0]), long]);
    expect(signal.alpha).toBe(7);
    expect(weightsOf(batch)[0]).toEqual([[0.25], [-0.25]]);
  });

  test("averages sequences, or divides by a constant", () => {
    const group = scoredGroup([
      { reward: 1, tokens: 2 },
      { reward: 0, tokens: 4 },
    ]);
    const sequences = createGpg({ ...options, aggregation: "sequences" }).weigh([group]);
    expect(weightsOf(sequences.batch)).toEqual([
      [
        [0.125, 0.125],
        [-0.0625, -0.0625, -0.0625, -0.0625],
      ],
    ]);
    const constant = createGpg({ ...options, aggregation: "constant", aggregationConstant: 10 }).weigh([
      group,
    ]);
    expect(weightsOf(constant.batch)[0]!.flat()).toEqual([0.025, 0.025, -0.025, -0.025, -0.025, -0.025]);
  });

  test("leaves out what has no score: weight, mean, and denominator", () => {
    const masked = scoredGroup([
      { reward: 1, tokens: 2 },
      { reward: 0, tokens: 2 },
      { reward: null, tokens: 50 },
      { reward: { kind: "timeout", reason: "10 s" }, tokens: 50 },
      { reward: Number.NaN, tokens: 50 },
    ]);
    const { batch } = createGpg(options).weigh([masked]);
    const weights = weightsOf(batch)[0]!;
    expect(weights[0]).toEqual([0.125, 0.125]);
    expect(weights[1]).toEqual([-0.125, -0.125]);
    expect(weights.slice(2).flat()).toEqual(new Array(150).fill(0));
  });

  test("does not correct for a group that is masked as a whole", () => {
    const { signal } = createGpg(options).weigh([mixed, wrong, scoredGroup([null, null])]);
    expect(signal).toMatchObject({ groups: 3, informativeGroups: 1, unscoredGroups: 1, alpha: 2 });
  });

  test("counts an unscored completion as reward 0 where the preset does", () => {
    const { batch } = createGpg({ ...options, unscored: "zero" }).weigh([scoredGroup([1, null])]);
    expect(weightsOf(batch)).toEqual([[[0.25], [-0.25]]]);
  });

  test("masks truncated completions but keeps their rewards in the mean", () => {
    const group = scoredGroup([
      { reward: 1, tokens: 2 },
      { reward: 0, tokens: 8, finishReason: "length" },
    ]);
    const { batch, signal } = createGpg({ ...options, maskTruncated: true }).weigh([group]);
    expect(weightsOf(batch)).toEqual([[[0.25, 0.25], new Array(8).fill(0)]]);
    expect(signal.zeroLossReason).toBeNull();
    expect(weightsOf(createGpg(options).weigh([group]).batch)[0]![1]![0]).toBe(-0.05);
  });

  test("compares rewards, not a rounded deviation", () => {
    const { signal } = createGpg(options).weigh([
      scoredGroup([1, 1 - 2 ** -53]),
      scoredGroup([0.1, 0.1, 0.1]),
    ]);
    expect(signal).toMatchObject({ informativeGroups: 1, allWrongGroups: 1 });
  });

  test.each([
    [[right, right, wrong], "all 3 groups have equal rewards: 2 all right, 1 all wrong"],
    [[wrong, wrong], "all 2 groups have equal rewards: all wrong"],
    [
      [wrong, scoredGroup([0.1, 0.1]), scoredGroup([0.5, 0.5])],
      "all 3 groups have equal rewards: all wrong (with rewards of up to 0.5)",
    ],
    [[right], "the only group has equal rewards: all right"],
    [
      [wrong, scoredGroup([null, 1])],
      "none of the 2 groups is informative: 1 all wrong, 1 with fewer than two scored completions",
    ],
    [
      [
        scoredGroup([
          { reward: 1, tokens: 0 },
          { reward: 0, tokens: 0 },
        ]),
      ],
      "the only group is not informative: with only cut-off or empty completions",
    ],
    [[], "there are no groups"],
  ])("says why nothing changes", (groups, reason) => {
    const { batch, signal } = createGpg(options).weigh(groups);
    expect(signal.zeroLossReason).toBe(reason);
    expect(signal.alpha).toBe(1);
    expect(
      weightsOf(batch)
        .flat(2)
        .every((weight) => weight === 0),
    ).toBe(true);
  });

  test("counts a weighted sum that misses the highest reward by rounding as all right", () => {
    const { signal } = createGpg({ ...options, highestReward: 0.3 }).weigh([
      scoredGroup([0.1 * 3 - 1e-16, 0.1 * 3 - 1e-16]),
    ]);
    expect(signal.allRightGroups).toBe(1);
  });
});

describe("resampling", () => {
  const gpg = createGpg({ ...options, informativeShare: 0.5 });
  const [first, second, third] = [
    scoredGroup([1, 0], "1"),
    scoredGroup([0, 1], "2"),
    scoredGroup([1, 0], "3"),
  ];

  test("asks for more until the share of informative groups is reached", () => {
    expect(gpg.hasEnoughSignal([mixed, wrong, right, wrong], 4)).toBe(false);
    expect(gpg.hasEnoughSignal([mixed, wrong, right, wrong, wrong, wrong, mixed, wrong], 4)).toBe(true);
    expect(createGpg({ ...options, informativeShare: 0 }).hasEnoughSignal([wrong], 1)).toBe(true);
    // 0.56 * 25 rounds to more than 14.
    const sampled = Array.from({ length: 25 }, (_, index) => (index < 14 ? mixed : wrong));
    expect(createGpg({ ...options, informativeShare: 0.56 }).hasEnoughSignal(sampled, 25)).toBe(true);
  });

  test("takes informative groups first and fills up with the newest batch", () => {
    const older = scoredGroup([0, 0], "older");
    const newer = scoredGroup([0, 0], "newer");
    expect(gpg.select([first, older, newer, second], 2)).toEqual([first, second]);
    expect(gpg.select([first, older, older, newer, newer, newer], 3)).toEqual([first, newer, newer]);
    expect(gpg.select([older, first], 5)).toEqual([first, older]);
  });

  test("drops the newest surplus, or the oldest", () => {
    expect(gpg.select([first, second, third], 2)).toEqual([first, second]);
    const newest = createGpg({ ...options, surplus: "keep-newest" });
    expect(newest.select([first, second, third], 2)).toEqual([second, third]);
  });
});

test.each([
  [{ aggregation: "constant" as const }, /aggregationConstant is undefined/],
  [{ aggregationConstant: 5 }, /aggregation is "tokens"/],
  [{ informativeShare: Number.NaN }, /informativeShare is NaN/],
  [{ maxResampleRounds: 1.5 }, /maxResampleRounds is 1.5/],
  [{ highestReward: Number.POSITIVE_INFINITY }, /highestReward is Infinity/],
  [
    { normalisation: "std" as "none" },
    /normalisation is std; it has to be one of none, group-std, batch-std/,
  ],
])("refuses %o", (change, message) => {
  const create = () => createGpg({ ...options, ...change });
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(message);
});
