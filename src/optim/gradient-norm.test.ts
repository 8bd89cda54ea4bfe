import fc from "fast-check";
import { expect, test } from "vitest";
import { BackendError } from "../errors.ts";
import { clipFactor, gradientNorm } from "./gradient-norm.ts";

test("the norm takes all gradients together and keeps the small beside the large", () => {
  expect(gradientNorm({ a: Float32Array.of(3, 0), b: Float32Array.of(4) })).toBe(5);
  const many = new Float32Array(100_000).fill(1e-3);
  expect(gradientNorm({ one: Float32Array.of(1000), many })).toBeCloseTo(Math.sqrt(1e6 + 0.1), 9);
  expect(gradientNorm({ huge: Float32Array.of(3e38, 3e38) })).toBeLessThan(Number.POSITIVE_INFINITY);
  expect(gradientNorm({})).toBe(0);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "%d is refused by the name of the first parameter that has it",
  (value) => {
    const gradients = {
      fine: Float32Array.of(1),
      broken: Float32Array.of(0, value),
      later: Float32Array.of(value),
    };
    expect(() => gradientNorm(gradients)).toThrow(BackendError);
    expect(() => gradientNorm(gradients)).toThrow(/broken/);
  },
);

test("clipping never lengthens and brings the norm to at most the bound", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e20, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      (norm, bound) => {
        const factor = clipFactor(norm, bound);
        expect(factor).toBeLessThanOrEqual(1);
        const rounding = 1 + 2 * Number.EPSILON;
        expect(norm * factor).toBeLessThanOrEqual(bound * rounding);
        expect(factor === 1 || norm > bound - 1e-5).toBe(true);
      },
    ),
  );
  expect(clipFactor(4, 1)).toBe(1 / (4 + 1e-6));
});
