import { expect, test } from "vitest";
import type { Score } from "../../pipeline.ts";
import type { StoredRollout } from "../../trainer/stored-rollouts.ts";
import { createComparer } from "./comparison.ts";

const value = (value: number): Score => ({ kind: "value", value });
const timeout: Score = { kind: "timeout", reason: "too slow" };

const stored = (reward: number | null, rewards: Record<string, number | null>): StoredRollout => ({
  problemId: "p",
  prompt: "",
  completion: "",
  completionTokens: 1,
  finishReason: "stop",
  reward,
  rewards,
  unscoredReason: null,
  tokenIds: null,
});

const weights = { strict: 2, format: 0.5 };

test("counts what a reward in place of another would change, in verdicts, sums and groups", () => {
  const comparer = createComparer({ name: "strict", replaced: "accuracy", weights });
  const equal = [
    stored(2.5, { accuracy: 1, format: 1 }),
    stored(2.5, { accuracy: 1, format: 1 }),
    stored(null, { accuracy: null, format: 1 }),
  ];
  const changes = comparer.add({ step: 4, rollouts: equal }, [value(1), value(0), value(0.5)]);
  expect(
    changes.map(({ kind, before, rewardBefore, rewardAfter }) => [kind, before, rewardBefore, rewardAfter]),
  ).toEqual([
    ["same", 1, 2.5, 2.5],
    ["lower", 1, 2.5, 0.5],
    ["newly-scored", null, null, 1.5],
  ]);
  const different = [
    stored(0.5, { accuracy: 0, format: 1 }),
    stored(2.5, { accuracy: 1, format: 1 }),
    stored(null, { accuracy: null, format: 0 }),
  ];
  comparer.add({ step: 5, rollouts: different }, [
    value(1),
    timeout,
    { kind: "unscorable", reason: "no gold" },
  ]);
  expect(comparer.result()).toEqual({
    replaced: "accuracy",
    completions: 6,
    steps: 2,
    changes: { same: 1, higher: 1, lower: 1, "newly-scored": 1, "newly-unscored": 1, "still-unscored": 1 },
    unscorable: 1,
    timeouts: 1,
    errors: 0,
    firstReason: "too slow",
    mean: { before: 0.75, after: 0.625 },
    combinedMean: { before: 2, after: (2.5 + 0.5 + 1.5 + 2.5 + 0) / 5 },
    groups: 2,
    informativeGroups: { before: 1, after: 2 },
  });
});

test("a reward beside the others changes the sum, and an unscorable one of them adds nothing", () => {
  const comparer = createComparer({ name: "strict", replaced: null, weights: { accuracy: 1, ...weights } });
  const rollouts = [
    stored(1, { accuracy: 1, format: null }),
    stored(1.5, { accuracy: 1, format: 1 }),
    // Something failed, and it is not told what: the sum stays unknown.
    stored(null, { accuracy: 1, format: null }),
  ];
  const changes = comparer.add({ step: 1, rollouts }, [value(0.25), value(0), value(1)]);
  expect(changes.map(({ kind, before, rewardAfter }) => [kind, before, rewardAfter])).toEqual([
    ["higher", null, 1.5],
    ["same", null, 1.5],
    ["still-unscored", null, null],
  ]);
  expect(comparer.result()).toMatchObject({
    informativeGroups: { before: 1, after: 0 },
    mean: { before: null, after: 1.25 / 3 },
  });
});
