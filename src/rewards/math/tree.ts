import type { Expression } from "./expression.ts";
import { fraction, integer } from "./rational.ts";

export function negated(value: Expression): Expression {
  if (value.kind === "number") {
    return { ...value, value: { numerator: -value.value.numerator, denominator: value.value.denominator } };
  }
  return product({ kind: "number", value: integer(-1), decimal: false }, value);
}

export function product(left: Expression, right: Expression): Expression {
  return { kind: "product", factors: left.kind === "product" ? [...left.factors, right] : [left, right] };
}

export function quotient(left: Expression, right: Expression): Expression {
  if (left.kind === "number" && right.kind === "number" && !left.decimal && !right.decimal) {
    const value = fraction(
      left.value.numerator * right.value.denominator,
      left.value.denominator * right.value.numerator,
    );
    if (value) {
      return { kind: "number", value, decimal: false };
    }
  }
  const minusOne: Expression = { kind: "number", value: integer(-1), decimal: false };
  return product(left, { kind: "power", base: right, exponent: minusOne });
}
