import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { createRandom } from "../random.ts";
import { drawByWeight, promptWeight, promptWeightings, wholeBatches } from "./prompt-weights.ts";

test("a prompt without history has weight 1, whatever the weighting", () => {
  for (const weighting of promptWeightings) {
    expect(promptWeight([], weighting)).toBe(1);
  }
});

test("only soft and medium drop what was always right or always wrong", () => {
  const kept = (history: number[]) =>
    promptWeightings.map((weighting) => promptWeight(history, weighting) > 0);
  expect(kept([1, 1])).toEqual([true, false, false, false]);
  expect(kept([0])).toEqual([true, true, false, false]);
  expect(kept([0, 1])).toEqual([true, true, true, true]);
});

test("what has no weight is never drawn, and what has twice the weight about twice as often", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const drawn = drawByWeight([0, 2, -3, 1, 0], 3000, createRandom(seed).next);
      const count = (index: number) => drawn.filter((each) => each === index).length;
      expect(count(1) + count(3)).toBe(3000);
      expect(count(1) / 3000).toBeCloseTo(2 / 3, 1);
    }),
    { numRuns: 20 },
  );
});

test("the ends of the range draw the first and the last with a weight", () => {
  expect(drawByWeight([0, 1, 1, 0], 1, () => 0)).toEqual([1]);
  expect(drawByWeight([0, 1, 1, 0], 1, () => 1 - 2 ** -53)).toEqual([2]);
});

test.each([[[0, 0]], [[-1, 0]], [[Number.NaN]]])("weights %j cannot be drawn from", (weights) => {
  expect(() => drawByWeight(weights, 1, () => 0.5)).toThrow(DataError);
});

test("an incomplete batch is left out, unless it is all there is", () => {
  expect(wholeBatches([5, 6, 7, 8, 9], 2)).toEqual([5, 6, 7, 8]);
  expect(wholeBatches([5, 6], 2)).toEqual([5, 6]);
  expect(wholeBatches([5], 2)).toEqual([5]);
});
