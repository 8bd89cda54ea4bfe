import fc from "fast-check";
import { expect, test } from "vitest";
import { passAtK } from "./pass-at-k.ts";

/** Exact: 1 - C(n - c, k) / C(n, k) in whole numbers, to 1e-18. */
function exactly(samples: number, right: number, k: number): number {
  const choose = (n: number, m: number): bigint => {
    let value = 1n;
    for (let i = 0; i < m; i++) {
      value = (value * BigInt(n - i)) / BigInt(i + 1);
    }
    return m > n ? 0n : value;
  };
  const all = choose(samples, k);
  const scale = 10n ** 40n;
  return Number(((all - choose(samples - right, k)) * scale) / all) / 1e40;
}

const counts = fc.integer({ min: 1, max: 300 }).chain((samples) =>
  fc.record({
    samples: fc.constant(samples),
    right: fc.integer({ min: 0, max: samples }),
    k: fc.integer({ min: 1, max: samples }),
  }),
);

test("equals the quotient of binomial coefficients to 12 digits, however small", () => {
  fc.assert(
    fc.property(counts, ({ samples, right, k }) => {
      const expected = exactly(samples, right, k);
      expect(Math.abs(passAtK(samples, right, k) - expected)).toBeLessThanOrEqual(1e-12 * expected);
    }),
  );
});

test("pass@1 is the share of right completions, pass@n whether any is right, and more tries never lower it", () => {
  fc.assert(
    fc.property(counts, ({ samples, right, k }) => {
      expect(passAtK(samples, right, 1)).toBeCloseTo(right / samples, 12);
      expect(passAtK(samples, right, samples)).toBe(right > 0 ? 1 : 0);
      expect(passAtK(samples, right, k)).toBeLessThanOrEqual(
        passAtK(samples, right, Math.min(k + 1, samples)) + 1e-15,
      );
    }),
  );
});

test("a million samples overflow nothing", () => {
  expect(passAtK(1_000_000, 1, 1)).toBeCloseTo(1e-6, 18);
  expect(passAtK(1_000_000, 500_000, 2)).toBeCloseTo(0.75, 6);
});

test("more tries than samples are a bug of the caller", () => {
  expect(() => passAtK(4, 1, 5)).toThrow("internal");
});
