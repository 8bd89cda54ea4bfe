import fc from "fast-check";
import { expect, test } from "vitest";
import { pairedDifference, studentQuantile, summarize } from "./statistics.ts";

test("mean and sample standard deviation", () => {
  expect(summarize([])).toBeNull();
  expect(summarize([3])).toEqual({ count: 1, mean: 3, deviation: null });
  expect(summarize([1, 2, 3, 4])).toEqual({ count: 4, mean: 2.5, deviation: Math.sqrt(5 / 3) });
});

test("differences are paired by seed, and seeds that one of the two lacks are left out", () => {
  const values = new Map([
    [1, 0.5],
    [2, 0.75],
    [3, 1],
    [9, 100],
  ]);
  const others = new Map([
    [3, 0.25],
    [2, 1],
    [1, 0.5],
    [4, -100],
  ]);
  const difference = pairedDifference(values, others)!;
  const deviation = Math.sqrt(((0 - 1 / 6) ** 2 + (-0.25 - 1 / 6) ** 2 + (0.75 - 1 / 6) ** 2) / 2);
  expect(difference).toMatchObject({ count: 3, higher: 1, lower: 1 });
  expect(difference.mean).toBeCloseTo(1 / 6, 12);
  expect(difference.deviation).toBeCloseTo(deviation, 12);
  expect(difference.halfWidth).toBeCloseTo((4.3027 * deviation) / Math.sqrt(3), 12);
  expect(pairedDifference(values, new Map([[7, 1]]))).toBeNull();
  expect(pairedDifference(values, new Map([[1, 0]]))).toMatchObject({
    mean: 0.5,
    deviation: null,
    halfWidth: null,
  });
});

test.each([
  [1, 12.706],
  [4, 2.776],
  [10, 2.228],
  [11, 2.201],
  [19, 2.093],
  [30, 2.042],
  [1000, 1.962],
])("Student's t with %i degrees of freedom ends its middle 95%% at %f", (degrees, quantile) => {
  expect(studentQuantile(degrees)).toBeCloseTo(quantile, 3);
});

test("what all seeds share takes nothing from the certainty of a difference", () => {
  const seeds = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true })),
    {
      minLength: 2,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(seeds, fc.double({ min: -10, max: 10, noNaN: true }), (pairs, shift) => {
      const others = new Map(pairs.map(([other], seed) => [seed, other]));
      const values = new Map(pairs.map(([other, difference], seed) => [seed, other + difference]));
      const shifted = new Map([...values].map(([seed, value]) => [seed, value + shift]));
      const before = pairedDifference(values, others)!;
      const after = pairedDifference(shifted, others)!;
      expect(after.mean - before.mean).toBeCloseTo(shift, 9);
      expect(after.halfWidth).toBeCloseTo(before.halfWidth!, 9);
    }),
  );
});
