import type { Expression, ExpressionOf } from "./expression.ts";
import {
  add,
  compare,
  floor,
  greatestCommonDivisor,
  integer,
  isInteger,
  multiply,
  negate,
  power,
  type Rational,
} from "./rational.ts";

/** The value as an exact fraction, or undefined where it is not rational, not constant or too large. */
export function exactValue(expression: Expression): Rational | undefined {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "sum":
      return fold(expression.terms, integer(0), add);
    case "product":
      return fold(expression.factors, integer(1), multiply);
    case "power": {
      const exponent = exactValue(expression.exponent);
      const base = exponent && exactValue(expression.base);
      return base && power(base, exponent);
    }
    case "percent": {
      const value = exactValue(expression.value);
      return value && multiply(value, { numerator: 1n, denominator: 100n });
    }
    case "quantity":
      return exactValue(expression.value);
    case "call":
      return exactCall(expression);
    default:
      return undefined;
  }
}

function fold(
  parts: readonly Expression[],
  start: Rational,
  combine: (a: Rational, b: Rational) => Rational | undefined,
): Rational | undefined {
  let total: Rational | undefined = start;
  for (const part of parts) {
    const value = exactValue(part);
    total = total && value && combine(total, value);
    if (!total) {
      return undefined;
    }
  }
  return total;
}

function exactCall(expression: ExpressionOf<"call">): Rational | undefined {
  if (expression.name === "log") {
    return exactLogarithm(expression.arguments);
  }
  if (!exactFunctions.has(expression.name)) {
    return undefined;
  }
  const values = expression.arguments.map(exactValue);
  if (values.some((value) => value === undefined)) {
    return undefined;
  }
  const [a, b] = values as Rational[];
  switch (expression.name) {
    case "abs":
      return a && (a.numerator < 0n ? negate(a) : a);
    case "floor":
      return a && integer(floor(a));
    case "ceil":
      return a && integer(-floor(negate(a)));
    case "factorial":
      return a && isInteger(a) && a.numerator >= 0n && a.numerator <= 1000n
        ? integer(fallingProduct(a.numerator, a.numerator))
        : undefined;
    case "binomial":
      return a &&
        b &&
        isInteger(a) &&
        isInteger(b) &&
        b.numerator >= 0n &&
        b.numerator <= 500n &&
        a.numerator <= 5000n &&
        a.numerator >= 0n
        ? integer(fallingProduct(a.numerator, b.numerator) / fallingProduct(b.numerator, b.numerator))
        : undefined;
    case "gcd":
      return a && b && isInteger(a) && isInteger(b)
        ? integer(greatestCommonDivisor(a.numerator, b.numerator))
        : undefined;
    default:
      return undefined;
  }
}

const exactFunctions = new Set(["abs", "floor", "ceil", "factorial", "binomial", "gcd"]);

/** The exponent of a power of the base, which may be far too large to be written out. */
function exactLogarithm([of, base]: readonly Expression[]): Rational | undefined {
  const value = base && exactValue(base);
  if (!value || value.numerator <= 0n || compare(value, integer(1)) === 0 || of?.kind !== "power") {
    return undefined;
  }
  const powerBase = exactValue(of.base);
  return powerBase && compare(powerBase, value) === 0 ? exactValue(of.exponent) : undefined;
}

/** n (n - 1) ... with so many factors. */
function fallingProduct(n: bigint, factors: bigint): bigint {
  let product = 1n;
  for (let step = 0n; step < factors; step++) {
    product *= n - step;
  }
  return product;
}
