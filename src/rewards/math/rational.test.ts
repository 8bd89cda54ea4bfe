import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  compare,
  fraction,
  integer,
  multiply,
  parseDecimal,
  power,
  reciprocal,
  round,
  toNumber,
} from "./rational.ts";

const part = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
const rational = fc
  .tuple(
    part,
    part.filter((value) => value !== 0n),
  )
  .map(([numerator, denominator]) => fraction(numerator, denominator)!);

describe("rationals", () => {
  it("are a field", () => {
    fc.assert(
      fc.property(rational, rational, rational, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a));
        expect(multiply(a, add(b, c)!)).toEqual(add(multiply(a, b)!, multiply(a, c)!));
        if (a.numerator !== 0n) {
          expect(multiply(a, reciprocal(a)!)).toEqual(integer(1));
        }
      }),
    );
  });

  it("take powers and exact roots", () => {
    fc.assert(
      fc.property(rational, fc.integer({ min: 2, max: 5 }), (base, degree) => {
        const raised = power(base, integer(degree))!;
        const root = power(raised, { numerator: 1n, denominator: BigInt(degree) });
        const magnitude = base.numerator < 0n && degree % 2 === 0 ? multiply(base, integer(-1)) : base;
        // Roots of long numbers are left to floating point.
        expect([magnitude, undefined]).toContainEqual(root);
      }),
    );
    expect(power(integer(-8), { numerator: 1n, denominator: 3n })).toEqual(integer(-2));
    expect(power(integer(2), { numerator: 1n, denominator: 2n })).toBeUndefined();
    expect(power(integer(0), integer(-1))).toBeUndefined();
    expect(power(integer(10), integer(10n ** 10n))).toBeUndefined();
  });

  it("read decimals and round half away from zero", () => {
    expect(parseDecimal("12.50")).toEqual(fraction(25n, 2n));
    expect(parseDecimal(".5", -1)).toEqual(fraction(1n, 20n));
    expect(parseDecimal("9".repeat(10_000))).toBeUndefined();
    expect(round(fraction(1n, 3n)!, 3)).toBe(333n);
    expect(round(fraction(-5n, 2n)!, 0)).toBe(-3n);
    expect(toNumber(fraction(3n, 8n)!)).toBe(0.375);
    expect(compare(fraction(1n, 3n)!, fraction(2n, 6n)!)).toBe(0);
  });
});
