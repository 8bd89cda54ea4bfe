import * as complex from "../complex.ts";
import type { Comparison } from "../equal-values.ts";
import { evaluate } from "../evaluate.ts";
import { exactValue } from "../exact-value.ts";
import { type Expression, freeSymbols, mapExpression } from "../expression.ts";
import { compare, round } from "../rational.ts";

/** A symbol is equal to one of its name, and to the product of the letters of its name. */
export function equalSymbols(gold: Expression, target: Expression): boolean {
  const [symbol, other] = gold.kind === "symbol" ? [gold, target] : [target, gold];
  if (symbol.kind !== "symbol") {
    return false;
  }
  const name = plain(symbol.name);
  if (other.kind === "constant") {
    return name === other.name && other.name === "e";
  }
  if (other.kind === "product") {
    const letters = other.factors.map((factor) =>
      factor.kind === "symbol"
        ? plain(factor.name)
        : factor.kind === "constant" && factor.name === "e"
          ? "e"
          : undefined,
    );
    return letters.every((letter) => letter !== undefined) && letters.join("") === name;
  }
  if (other.kind === "number" && !other.decimal) {
    const { numerator, denominator } = other.value;
    return name === (denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`);
  }
  return other.kind === "symbol" && name === plain(other.name);
}

function plain(name: string): string {
  return name.replace("\u0001", "").toLowerCase();
}

/** math-verify's numeric comparison: rounded where a decimal stands alone, else exact. */
export function equalNumbers(a: Expression, b: Expression, options: Comparison): boolean {
  const decimal = isLoneDecimal(a) || isLoneDecimal(b);
  if (!decimal) {
    return false;
  }
  const exactA = exactValue(a);
  const exactB = exactValue(b);
  if (exactA && exactB) {
    if (isWhole(a) || isWhole(b)) {
      return compare(exactA, exactB) === 0;
    }
    return round(exactA, options.decimalPlaces) === round(exactB, options.decimalPlaces);
  }
  const point = { values: new Map(), budget: options.budget, approximate: false };
  if (freeSymbols(a).size > 0 || freeSymbols(b).size > 0) {
    return false;
  }
  const valueA = evaluate(a, point);
  const valueB = evaluate(b, point);
  const scale = 10 ** options.decimalPlaces;
  return (
    complex.isFiniteValue(valueA) &&
    complex.isFiniteValue(valueB) &&
    Math.round(valueA.re * scale) === Math.round(valueB.re * scale) &&
    Math.round(valueA.im * scale) === Math.round(valueB.im * scale)
  );
}

/** A whole number is rounded to a whole number, which math-verify takes for another than a decimal of that value. */
function isWhole(value: Expression): boolean {
  return value.kind === "number" && !value.decimal && value.value.denominator === 1n;
}

function isLoneDecimal(value: Expression): boolean {
  return (
    (value.kind === "number" && value.decimal) || (value.kind === "percent" && isLoneDecimal(value.value))
  );
}

/** Decimals stand for what they are; only a lone one is rounded. */
export function exactly(value: Expression): Expression {
  return mapExpression(value, (part) =>
    part.kind === "number" && part.decimal ? { ...part, decimal: false } : part,
  );
}
