import type { Expression } from "../expression.ts";
import { fraction, integer } from "../rational.ts";
import { product, quotient } from "../tree.ts";
import { atomOrBraces } from "./atoms.ts";
import { component } from "./components.ts";
import { accept, fail, kind, nested, type Reader } from "./reader.ts";

export function expression(reader: Reader): Expression {
  return nested(reader, () => {
    const terms = [factors(reader, true)];
    for (;;) {
      if (accept(reader, "+")) {
        terms.push(factors(reader, true));
      } else if (accept(reader, "-")) {
        terms.push(unaryMinus(factors(reader, true)));
      } else {
        return terms.length === 1 ? (terms[0] as Expression) : { kind: "sum", terms };
      }
    }
  });
}

export function factors(reader: Reader, functions: boolean): Expression {
  let left = signed(reader, functions);
  for (;;) {
    if (accept(reader, "*")) {
      left = product(left, signed(reader, functions));
    } else if (accept(reader, "/") || accept(reader, ":")) {
      left = quotient(left, signed(reader, functions));
    } else if (accept(reader, "mod")) {
      left = { kind: "call", name: "mod", arguments: [left, signed(reader, functions)] };
    } else {
      return left;
    }
  }
}

function signed(reader: Reader, functions: boolean): Expression {
  return nested(reader, () => {
    if (accept(reader, "+")) {
      return signed(reader, functions);
    }
    if (accept(reader, "-")) {
      return unaryMinus(signed(reader, functions));
    }
    return sideBySide(reader, functions);
  });
}

export function unaryMinus(value: Expression): Expression {
  if (value.kind === "number") {
    return { ...value, value: { numerator: -value.value.numerator, denominator: value.value.denominator } };
  }
  return product({ kind: "number", value: integer(-1), decimal: false }, value);
}

/** Factors side by side. A whole number before a positive fraction is a mixed number, whatever stands between. */
function sideBySide(reader: Reader, functions: boolean): Expression {
  const factors = [postfix(reader, true)];
  while (startsAtom(reader, functions)) {
    factors.push(postfix(reader, functions));
  }
  let right = factors.pop() as Expression;
  for (let left = factors.pop(); left; left = factors.pop()) {
    right = isWhole(left) && isPositiveRational(right) ? mixedNumber(left, right) : joined(left, right);
  }
  return right;
}

function joined(left: Expression, right: Expression): Expression {
  const factors = [
    ...(left.kind === "product" ? left.factors : [left]),
    ...(right.kind === "product" ? right.factors : [right]),
  ];
  return { kind: "product", factors };
}

function isWhole(value: Expression): value is Extract<Expression, { kind: "number" }> {
  return value.kind === "number" && !value.decimal && value.value.denominator === 1n;
}

function isPositiveRational(value: Expression): value is Extract<Expression, { kind: "number" }> {
  return value.kind === "number" && !value.decimal && value.value.numerator > 0n;
}

function mixedNumber(
  left: Extract<Expression, { kind: "number" }>,
  right: Extract<Expression, { kind: "number" }>,
): Expression {
  const { numerator, denominator } = right.value;
  const whole = left.value.numerator * denominator;
  const value = fraction(whole < 0n ? whole - numerator : whole + numerator, denominator);
  return { kind: "number", value: value ?? integer(0), decimal: false };
}

const plainStarts = new Set(
  "( \\lgroup { [ \\{ boxed phantom \\| | \\lvert \\langle floor( ceil( letter symbol accent infinity number percent scientific E differential gamma frac binom begin-matrix begin-det".split(
    " ",
  ),
);
const functionStarts = new Set("function function-of-many operatorname sqrt int sum prod lim e".split(" "));

function startsAtom(reader: Reader, functions: boolean): boolean {
  const next = kind(reader);
  if (next === "|" || next === "\\|") {
    return false;
  }
  return plainStarts.has(next) || (functions && functionStarts.has(next));
}

function postfix(reader: Reader, functions: boolean): Expression {
  let value = raised(reader, functions);
  for (;;) {
    if (accept(reader, "!")) {
      value = { kind: "call", name: "factorial", arguments: [value] };
    } else if (accept(reader, "transpose")) {
      value =
        value.kind === "matrix"
          ? { kind: "power", base: value, exponent: { kind: "symbol", name: "T" } }
          : value;
    } else if (!accept(reader, "degree")) {
      return value;
    }
  }
}

function raised(reader: Reader, functions: boolean): Expression {
  if (!functions && functionStarts.has(kind(reader))) {
    fail();
  }
  let base = component(reader);
  while (accept(reader, "^")) {
    base = { kind: "power", base, exponent: atomOrBraces(reader) };
    if (accept(reader, "_")) {
      atomOrBraces(reader);
    }
  }
  return base;
}
