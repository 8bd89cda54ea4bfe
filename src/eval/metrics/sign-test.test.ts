import fc from "fast-check";
import { expect, test } from "vitest";
import { signTest } from "./sign-test.ts";

/** By its definition: all 2^n ways of winning and losing. */
function naive(wins: number, losses: number): number {
  const trials = wins + losses;
  let uneven = 0;
  for (let mask = 0; mask < 2 ** trials; mask++) {
    const won = Array.from({ length: trials }, (_, index) => (mask >> index) & 1).filter(Boolean).length;
    uneven += Number(Math.abs(2 * won - trials) >= Math.abs(wins - losses));
  }
  return uneven / 2 ** trials;
}

test("equals counting all outcomes at least as uneven, and sides do not matter", () => {
  fc.assert(
    fc.property(fc.nat(6), fc.nat(6), (wins, losses) => {
      expect(signTest(wins, losses)).toBeCloseTo(naive(wins, losses), 12);
      expect(signTest(losses, wins)).toBe(signTest(wins, losses));
    }),
  );
});

test("known values, and thousands of problems underflow to nothing worse than 0", () => {
  expect(signTest(0, 0)).toBe(1);
  expect(signTest(5, 5)).toBe(1);
  expect(signTest(8, 2)).toBeCloseTo(0.109375, 12);
  expect(signTest(3000, 2700)).toBeCloseTo(7.5e-5, 5);
  expect(signTest(5000, 0)).toBe(0);
});
