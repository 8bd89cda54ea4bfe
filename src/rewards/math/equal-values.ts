import { canonicalText } from "./canonical-text.ts";
import type { Complex } from "./complex.ts";
import * as complex from "./complex.ts";
import { evaluate } from "./evaluate.ts";
import { exactValue } from "./exact-value.ts";
import { children, type Expression, freeSymbols, spend, type WorkBudget } from "./expression.ts";
import { add, compare, fraction, integer, isInteger, multiply, negate, type Rational } from "./rational.ts";

export interface Comparison {
  /** Decimal places to which a decimal number must agree with what it is compared with. */
  decimalPlaces: number;
  /** The largest relative difference of two numerical values that counts as none. */
  tolerance: number;
  strict: boolean;
  budget: WorkBudget;
}

const nearlyNothing = fraction(1n, 1_000_000_000n)!;
const samplePoints = 4;
const fewestPoints = 2;
const mostSymbols = 24;

/** Whether two values are the same number, or the same function of their symbols. */
export function equalValues(a: Expression, b: Expression, comparison: Comparison): boolean {
  spend(comparison.budget, 1);
  const exactA = exactValue(a);
  const exactB = exactValue(b);
  if (exactA && exactB) {
    return (
      compare(exactA, exactB) === 0 ||
      ((isDecimal(a) || isDecimal(b)) && agreeInDecimals(exactA, exactB, comparison.decimalPlaces))
    );
  }
  const symbols = [...freeSymbols(b, freeSymbols(a))].sort();
  if (symbols.length === 0) {
    return equalConstants(a, b, isDecimal(a) || isDecimal(b), comparison);
  }
  return (
    (symbols.length <= mostSymbols && sampleRatio(a, b, symbols, comparison, true) !== undefined) ||
    canonicalText(a) === canonicalText(b)
  );
}

/** The constant that `b` is of `a` wherever both have a value, or undefined if there is none or it is 0. */
export function constantRatio(a: Expression, b: Expression, comparison: Comparison): number | undefined {
  const symbols = [...freeSymbols(b, freeSymbols(a))].sort();
  return symbols.length <= mostSymbols ? sampleRatio(a, b, symbols, comparison, false) : undefined;
}

function equalConstants(a: Expression, b: Expression, decimal: boolean, comparison: Comparison): boolean {
  const point = { values: new Map<string, Complex>(), budget: comparison.budget, approximate: false };
  const valueA = evaluate(a, point);
  const valueB = evaluate(b, point);
  if (!complex.isFiniteValue(valueA) || !complex.isFiniteValue(valueB)) {
    return valueA.re === valueB.re && !Number.isNaN(valueA.re) && valueA.im === valueB.im;
  }
  const difference = complex.distance(valueA, valueB);
  const size = Math.max(complex.magnitude(valueA), complex.magnitude(valueB));
  if (decimal) {
    return (
      difference <= 0.5 * 10 ** -comparison.decimalPlaces * (1 + 1e-9) &&
      difference <= 5 * 10 ** -comparison.decimalPlaces * size
    );
  }
  return isClose(difference, size, point.approximate, comparison);
}

function isClose(difference: number, size: number, approximate: boolean, comparison: Comparison): boolean {
  return difference <= (approximate ? 1e-6 : comparison.tolerance) * size + (approximate ? 1e-8 : 1e-13);
}

function sampleRatio(
  a: Expression,
  b: Expression,
  symbols: readonly string[],
  comparison: Comparison,
  ratioIsOne: boolean,
): number | undefined {
  const stepped = hasSteps(a) || hasSteps(b);
  const points = stepped ? 4 * samplePoints : samplePoints;
  let ratio: Complex | undefined = ratioIsOne ? complex.one : undefined;
  let agreed = 0;
  let tiny = 0;
  for (let attempt = 0; attempt < 3 * points && agreed < points; attempt++) {
    const values = new Map(symbols.map((name, index) => [name, sample(attempt, index, stepped ? 20 : 1)]));
    const point = { values, budget: comparison.budget, approximate: false, seed: attempt };
    const valueA = evaluate(a, point);
    const valueB = evaluate(b, point);
    if (!complex.isFiniteValue(valueA) || !complex.isFiniteValue(valueB)) {
      continue;
    }
    if (!ratio) {
      if (complex.magnitude(valueA) < leastMagnitude) {
        continue;
      }
      ratio = complex.divide(valueB, valueA);
      if (complex.magnitude(ratio) < leastMagnitude || Math.abs(ratio.im) > 1e-9) {
        return undefined;
      }
    }
    const expected = complex.multiply(valueA, ratio);
    const size = Math.max(complex.magnitude(expected), complex.magnitude(valueB));
    const distance = complex.distance(expected, valueB);
    if (size < leastMagnitude) {
      if (size > roundingNoise && distance > 1e-6 * size) {
        return undefined;
      }
      tiny++;
    } else if (isClose(distance, size, point.approximate, comparison)) {
      agreed++;
    } else {
      return undefined;
    }
  }
  return ratio && agreed + tiny >= fewestPoints ? ratio.re : undefined;
}

/** Below this, values say little: what is left of a difference of equal terms is rounding. */
const leastMagnitude = 1e-8;
const roundingNoise = 1e-13;

/** Floors and the like are the same over whole stretches, so that they need more and larger values. */
function hasSteps(expression: Expression): boolean {
  return (
    (expression.kind === "call" && ["floor", "ceil", "mod", "sgn", "gcd", "lcm"].includes(expression.name)) ||
    children(expression).some(hasSteps)
  );
}

/** Fixed pseudo-random values of both signs, away from 0 and small enough for powers. */
function sample(attempt: number, index: number, scale: number): Complex {
  let state = (Math.imul(attempt + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
  state = (state ^ (state >>> 13)) >>> 0;
  const range = attempt % 4 === 3 ? 0.1 : 1;
  const size = scale * range * (0.3 + (2.1 * (state % 100_003)) / 100_003);
  return complex.real(attempt % 3 === 1 && (state & 4) !== 0 ? -size : size);
}

/** Whether the value is written as a decimal number, so that it may stand for one that it is not exactly. */
export function isDecimal(value: Expression): boolean {
  switch (value.kind) {
    case "number":
      return value.decimal;
    case "percent":
    case "quantity":
      return isDecimal(value.value);
    case "product":
      return (
        value.factors.some(isDecimal) &&
        value.factors.every((factor) => factor.kind === "number" || factor.kind === "power")
      );
    default:
      return false;
  }
}

/** Equal to so many places and not merely both small; nearly a whole number is not that number. */
export function agreeInDecimals(a: Rational, b: Rational, places: number): boolean {
  const difference = add(a, negate(b));
  if (!difference) {
    return false;
  }
  const size = magnitude(difference);
  const larger = compare(magnitude(a), magnitude(b)) < 0 ? magnitude(b) : magnitude(a);
  if (isInteger(a) || isInteger(b)) {
    const relative = multiply(larger, nearlyNothing) ?? integer(0);
    return compare(size, nearlyNothing) <= 0 && compare(size, relative) <= 0;
  }
  const absolute = fraction(5n, 10n ** BigInt(places + 1));
  const relative = multiply(larger, fraction(5n, 10n ** BigInt(places)) ?? integer(0));
  return compare(size, absolute ?? integer(0)) <= 0 && compare(size, relative ?? integer(0)) <= 0;
}

function magnitude(a: Rational): Rational {
  return a.numerator < 0n ? negate(a) : a;
}
