import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import type { Problem, ScoredGroup } from "../pipeline.ts";
import type { ProblemSet } from "../tasks/task.ts";
import type { ProblemCursor, PromptState } from "./problem-cursor.ts";
import { type PromptWeighting, promptWeightings } from "./prompt-weights.ts";
import { createWeightedCursor } from "./weighted-cursor.ts";

function problemSet(size: number): ProblemSet {
  return {
    size,
    at: (index): Problem => ({ id: `p${index}`, prompt: "?", answer: "", columns: {} }),
  };
}

/** A group of that problem with these rewards; null is a reward that failed. */
function groupOf(problem: Problem, rewards: readonly (number | null)[]): ScoredGroup {
  return {
    prompt: { problem, tokenIds: [] },
    rollouts: rewards.map((value) => ({
      rollout: { tokenIds: [], logprobs: [], entropies: [], finishReason: "stop", text: "" },
      score: value === null ? { kind: "error", reason: "failed" } : { kind: "value", value },
      scores: {},
    })),
  };
}

const cursorOf = (
  size: number,
  weighting: PromptWeighting,
  { seed = 1, batchSize = 1, position = 0, state = null as PromptState | null } = {},
): ProblemCursor => createWeightedCursor(problemSet(size), seed, { weighting, batchSize, position, state });

/** Takes so many and tells what each earned; what the even ones earn is 1, the others 0.5. */
function walk(cursor: ProblemCursor, count: number): string[] {
  return Array.from({ length: count }, () => {
    const problem = cursor.next();
    cursor.observe([groupOf(problem, [Number(problem.id.slice(1)) % 2 === 0 ? 1 : 0.5])]);
    return problem.id;
  });
}

test("the first epoch takes every problem once, later ones only what has a weight", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.integer(), (size, seed) => {
      const cursor = cursorOf(size, "medium", { seed });
      expect(new Set(walk(cursor, size)).size).toBe(size);
      const second = walk(cursor, size);
      expect(second.every((id) => Number(id.slice(1)) % 2 === 1)).toBe(true);
    }),
  );
});

test("an epoch is whole batches", () => {
  const cursor = cursorOf(7, "uniform", { batchSize: 3 });
  walk(cursor, 6);
  expect(cursor.snapshot()?.order?.epoch).toBe(0);
  walk(cursor, 1);
  expect(cursor.snapshot()?.order).toMatchObject({ epoch: 1, indices: { length: 6 } });
});

test("what was drawn starts anew, and a group without a reward leaves no trace", () => {
  const cursor = cursorOf(2, "hard");
  const [first, second] = [cursor.next(), cursor.next()];
  cursor.observe([groupOf(first, [1, 0, null]), groupOf(second, [null])]);
  expect(Object.values(cursor.snapshot()!.histories)).toEqual([[0.5]]);
  const drawn = new Set([cursor.next().id, cursor.next().id]);
  expect(Object.keys(cursor.snapshot()!.histories)).toHaveLength(drawn.has(first.id) ? 0 : 1);
});

test("a cursor made from a position and a snapshot goes on as the one that was there", () => {
  const cases = fc.record({
    size: fc.integer({ min: 2, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer(),
    position: fc.nat(40),
    weighting: fc.constantFrom(...promptWeightings),
  });
  fc.assert(
    fc.property(cases, ({ size, weighting, position, ...options }) => {
      const walked = cursorOf(size, weighting, options);
      walk(walked, position);
      const state = JSON.parse(JSON.stringify(walked.snapshot()));
      const resumed = cursorOf(size, weighting, { ...options, position: walked.position, state });
      expect(walk(resumed, 3 * size)).toEqual(walk(walked, 3 * size));
      expect(resumed.snapshot()).toEqual(walked.snapshot());
    }),
  );
});

test("where nothing is left to learn, the run is told so", () => {
  const cursor = cursorOf(1, "soft");
  cursor.observe([groupOf(cursor.next(), [1])]);
  const next = () => cursor.next();
  expect(next).toThrow(DataError);
  // The same folder would refuse other weights.
  expect(next).toThrow("in another folder");
});
