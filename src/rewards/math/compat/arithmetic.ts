import { type Expression, unreadable } from "../expression.ts";
import { integer, parseDecimal } from "../rational.ts";
import { product } from "../tree.ts";

interface Reader {
  text: string;
  position: number;
  depth: number;
}

const deepest = 60;
const numberPattern = /\d+\.\d*|\.\d+|\d+/y;

/** Reads `1/2 + (3 - 4)^2` as Python does: signs of multiplication are needed, `x` and `÷` are no operators. */
export function parseArithmetic(text: string): Expression {
  const reader: Reader = { text: text.replaceAll("**", "^"), position: 0, depth: 0 };
  const value = sum(reader);
  if (next(reader) !== "") {
    throw unreadable;
  }
  return value;
}

function next(reader: Reader): string {
  while (/\s/.test(reader.text[reader.position] ?? "")) {
    reader.position++;
  }
  return reader.text[reader.position] ?? "";
}

function sum(reader: Reader): Expression {
  const terms = [multiplied(reader)];
  for (let sign = next(reader); sign === "+" || sign === "-"; sign = next(reader)) {
    reader.position++;
    const term = multiplied(reader);
    terms.push(sign === "-" ? product(minusOne, term) : term);
  }
  return terms.length === 1 ? (terms[0] as Expression) : { kind: "sum", terms };
}

function multiplied(reader: Reader): Expression {
  let left = signed(reader);
  for (let sign = next(reader); sign === "*" || sign === "/"; sign = next(reader)) {
    reader.position++;
    const right = signed(reader);
    left = product(left, sign === "*" ? right : { kind: "power", base: right, exponent: minusOne });
  }
  return left;
}

function signed(reader: Reader): Expression {
  reader.depth++;
  if (reader.depth > deepest) {
    throw unreadable;
  }
  const sign = next(reader);
  let value: Expression;
  if (sign === "-" || sign === "+") {
    reader.position++;
    value = sign === "-" ? product(minusOne, signed(reader)) : signed(reader);
  } else {
    value = atom(reader);
    if (next(reader) === "^") {
      reader.position++;
      value = { kind: "power", base: value, exponent: signed(reader) };
    }
  }
  reader.depth--;
  return value;
}

const minusOne: Expression = { kind: "number", value: integer(-1), decimal: false };

function atom(reader: Reader): Expression {
  if (next(reader) === "(") {
    reader.position++;
    const value = sum(reader);
    if (next(reader) !== ")") {
      throw unreadable;
    }
    reader.position++;
    return value;
  }
  numberPattern.lastIndex = reader.position;
  const digits = numberPattern.exec(reader.text)?.[0];
  const value = digits === undefined || /^0\d+$/.test(digits) ? undefined : parseDecimal(digits);
  if (digits === undefined || !value) {
    throw unreadable;
  }
  reader.position += digits.length;
  return { kind: "number", value, decimal: digits.includes(".") };
}
