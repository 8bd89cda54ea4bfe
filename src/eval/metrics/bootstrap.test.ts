import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { bootstrapMean } from "./bootstrap.ts";

const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });

test("the value is the mean of means, inside its interval, and the seed decides all", () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), fc.nat(), (strata, seed) => {
      const estimate = bootstrapMean(strata, { seed, resamples: 400 })!;
      const means = strata.map((one) => one.reduce((a, b) => a + b, 0) / one.length);
      expect(estimate.value).toBeCloseTo(means.reduce((a, b) => a + b, 0) / means.length, 12);
      expect(estimate.low).toBeLessThanOrEqual(estimate.high);
      expect(estimate.low).toBeGreaterThanOrEqual(Math.min(...strata.flat()) - 1e-12);
      expect(estimate.high).toBeLessThanOrEqual(Math.max(...strata.flat()) + 1e-12);
      expect(bootstrapMean(strata, { seed, resamples: 400 })).toEqual(estimate);
    }),
    { numRuns: 30 },
  );
});

test("of shares the interval is as wide as the normal approximation", () => {
  const rights = Array.from({ length: 400 }, (_, index) => Number(index % 4 === 0));
  const { value, low, high } = bootstrapMean([rights])!;
  expect(value).toBe(0.25);
  const width = 2 * 1.96 * Math.sqrt((0.25 * 0.75) / 400);
  expect(high - low).toBeGreaterThan(0.9 * width);
  expect(high - low).toBeLessThan(1.1 * width);
});

test("intervals hold the truth about as often as they say", () => {
  let held = 0;
  const trials = 200;
  for (let trial = 0; trial < trials; trial++) {
    const random = createRandom(7, trial);
    const rights = Array.from({ length: 100 }, () => Number(random.next() < 0.4));
    const { low, high } = bootstrapMean([rights], { seed: trial, resamples: 500 })!;
    held += Number(low <= 0.4 && 0.4 <= high);
  }
  expect(held / trials).toBeGreaterThan(0.88);
});

test("equal values have no spread, and no values no estimate", () => {
  expect(bootstrapMean([[0.5, 0.5, 0.5]])).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  expect(bootstrapMean([[1], []])).toBeNull();
  expect(bootstrapMean([])).toBeNull();
});
