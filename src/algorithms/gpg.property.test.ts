import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lossOf, scoredGroup, weightsOf } from "../../test/support/scored-groups.ts";
import type { ScoredGroup, TrainingBatch } from "../pipeline.ts";
import { createGpg } from "./gpg.ts";
import type { GpgOptions } from "./gpg-options.ts";
import { gpgPresets } from "./gpg-presets.ts";

const anyOptions: fc.Arbitrary<GpgOptions> = fc
  .record({
    normalisation: fc.constantFrom("none", "group-std", "batch-std"),
    alpha: fc.constantFrom("groups", "tokens", "nonzero-rewards", "off"),
    aggregation: fc.constantFrom("tokens", "sequences", "constant"),
    maskTruncated: fc.boolean(),
    unscored: fc.constantFrom("mask", "zero"),
  } as const)
  .map((settings) => ({
    ...gpgPresets.paper,
    ...settings,
    ...(settings.aggregation === "constant" ? { aggregationConstant: 16 } : {}),
    highestReward: 1,
  }));

const anyCompletion = fc.record({
  reward: fc.option(fc.constantFrom(0, 1, 0.1, 0.25, -2), { freq: 6 }),
  tokens: fc.integer({ min: 0, max: 6 }),
  finishReason: fc.constantFrom("stop", "length"),
} as const);

const anyGroups = fc
  .array(fc.array(anyCompletion, { maxLength: 5 }), { minLength: 1, maxLength: 6 })
  .map((groups) => groups.map((completions, index) => scoredGroup(completions, `p${index}`, [index])));

/** A policy under which every token has its own log-probability, whatever the order of groups and completions. */
const logprobs: WeakMap<readonly number[], number> = new WeakMap();
let tokensSeen = 0;
function loss(batch: TrainingBatch): number {
  return lossOf(batch, (group, completion, token) => {
    const { tokenIds } = batch.groups[group]!.completions[completion]!;
    if (!logprobs.has(tokenIds)) {
      tokensSeen += 1;
      logprobs.set(tokenIds, -0.3 - ((tokensSeen * 37) % 11));
    }
    return logprobs.get(tokenIds)! - token / 7;
  });
}

function weigh(groups: readonly ScoredGroup[], options: GpgOptions) {
  return createGpg(options).weigh(groups);
}

describe("the update", () => {
  test("is the sum over any split into micro-batches", () => {
    fc.assert(
      fc.property(anyGroups, anyOptions, fc.infiniteStream(fc.boolean()), (groups, options, cuts) => {
        const { batch } = weigh(groups, options);
        const parts: TrainingBatch[] = [{ groups: [] }];
        for (const group of batch.groups) {
          for (const completion of group.completions) {
            if (cuts.next().value) {
              parts.push({ groups: [] });
            }
            const last = parts.pop()!;
            parts.push({ groups: [...last.groups, { ...group, completions: [completion] }] });
          }
        }
        const total = parts.reduce((sum, part) => sum + loss(part), 0);
        expect(total).toBeCloseTo(loss(batch), 9);
      }),
    );
  });

  test("does not depend on the order of groups or of completions", () => {
    fc.assert(
      fc.property(anyGroups, anyOptions, fc.infiniteStream(fc.nat()), (groups, options, numbers) => {
        const shuffled = <T>(items: readonly T[]) =>
          items
            .map((item) => ({ item, key: numbers.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        const before = weigh(groups, options);
        const after = weigh(
          shuffled(groups).map((group) => ({ ...group, rollouts: shuffled(group.rollouts) })),
          options,
        );
        expect(loss(after.batch)).toBeCloseTo(loss(before.batch), 9);
        expect(after.signal.informativeGroups).toBe(before.signal.informativeGroups);
        expect(after.signal.alpha).toBeCloseTo(before.signal.alpha, 12);
      }),
    );
  });

  test("has one finite weight a token, and pulls nowhere exactly if it says why", () => {
    fc.assert(
      fc.property(anyGroups, anyOptions, (groups, options) => {
        const { batch, signal } = weigh(groups, options);
        groups.forEach(({ rollouts }, g) => {
          rollouts.forEach(({ rollout }, c) => {
            const { tokenIds, weights } = batch.groups[g]!.completions[c]!;
            expect(tokenIds).toBe(rollout.tokenIds);
            expect(weights).toHaveLength(rollout.tokenIds.length);
          });
        });
        const weights = weightsOf(batch).flat(2);
        expect(weights.every(Number.isFinite)).toBe(true);
        expect(weights.every((weight) => weight === 0)).toBe(signal.zeroLossReason !== null);
        expect(
          signal.informativeGroups + signal.allRightGroups + signal.allWrongGroups + signal.unscoredGroups,
        ).toBe(groups.length);
      }),
    );
  });

  test("of a batch without informative group is none", () => {
    const equal = fc
      .array(fc.tuple(fc.constantFrom(0, 0.1, 1), fc.integer({ min: 1, max: 6 })), { minLength: 1 })
      .map((groups) => groups.map(([reward, size]) => scoredGroup(new Array(size).fill(reward))));
    fc.assert(
      fc.property(equal, anyOptions, (groups, options) => {
        const { batch, signal } = weigh(groups, options);
        expect(loss(batch)).toBe(0);
        expect(signal.zeroLossReason).toMatch(/equal rewards|informative/);
        expect(signal.alpha).toBe(1);
      }),
    );
  });
});

describe("alpha", () => {
  const sizes = fc.array(fc.array(fc.constantFrom(0, 1), { minLength: 4, maxLength: 4 }), {
    minLength: 1,
    maxLength: 8,
  });

  function informative(groups: readonly ScoredGroup[]): ScoredGroup[] {
    return groups.filter(
      ({ rollouts }) => new Set(rollouts.map(({ score }) => JSON.stringify(score))).size > 1,
    );
  }

  test("times the mean over all groups is the mean over informative groups at equal lengths", () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom("tokens", "sequences"), (rewards, aggregation) => {
        const groups = rewards.map((group) => scoredGroup(group.map((reward) => ({ reward, tokens: 3 }))));
        const options: GpgOptions = { ...gpgPresets.paper, aggregation, highestReward: 1 };
        const corrected = loss(weigh(groups, options).batch);
        const alone = loss(weigh(informative(groups), { ...options, alpha: "off" }).batch);
        expect(corrected).toBeCloseTo(alone, 9);
      }),
    );
  });

  test("of tokens does so at any lengths", () => {
    const lengths = fc.infiniteStream(fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(sizes, lengths, (rewards, length) => {
        const groups = rewards.map((group) =>
          scoredGroup(group.map((reward) => ({ reward, tokens: length.next().value as number }))),
        );
        const options: GpgOptions = { ...gpgPresets.paper, alpha: "tokens", highestReward: 1 };
        const corrected = loss(weigh(groups, options).batch);
        const alone = loss(weigh(informative(groups), { ...options, alpha: "off" }).batch);
        expect(corrected).toBeCloseTo(alone, 9);
      }),
    );
  });
});
