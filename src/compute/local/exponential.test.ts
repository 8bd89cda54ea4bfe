import fc from "fast-check";
import { expect, test } from "vitest";
import { exponential, lowestExponent } from "./exponential.ts";

test("agrees with Math.exp to twelve digits, is 1 at 0 and 0 far below", () => {
  fc.assert(
    fc.property(fc.double({ min: lowestExponent, max: 0, noNaN: true }), (x) => {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-12);
    }),
    { numRuns: 2000 },
  );
  let largest = 0;
  for (let x = 0; x > -30; x -= 1 / 997) {
    largest = Math.max(largest, Math.abs(exponential(x) / Math.exp(x) - 1));
  }
  expect(largest).toBeLessThan(1e-12);
  expect(exponential(0)).toBe(1);
  expect(exponential(lowestExponent)).toBeGreaterThan(0);
  expect(exponential(lowestExponent - 1e-9)).toBe(0);
  expect(exponential(Number.NEGATIVE_INFINITY)).toBe(0);
  expect(exponential(Number.NaN)).toBeNaN();
});
