import { type Expression, spend, unreadable, type WorkBudget } from "../expression.ts";
import { parseDecimal } from "../rational.ts";
import type { LatexToken } from "./lexer.ts";

export interface Reader {
  tokens: readonly LatexToken[];
  position: number;
  depth: number;
  budget: WorkBudget;
  /** Added to the names of symbols: a text with complex numbers has other symbols than one without. */
  suffix: string;
  grammar: Grammar;
}

/** What the parts of the grammar read of each other. */
export interface Grammar {
  expression: (reader: Reader) => Expression;
  /** Factors; without functions where they are the argument of a function. */
  factors: (reader: Reader, functions: boolean) => Expression;
}

const deepest = 80;

export function numberOf(text: string): Expression {
  const [digits = "", exponent] = text.split("E");
  const negative = digits.startsWith("-");
  const value = parseDecimal(
    negative ? digits.slice(1) : digits,
    exponent === undefined ? 0 : Number(exponent),
  );
  if (!value) {
    throw unreadable;
  }
  const signed = negative ? { numerator: -value.numerator, denominator: value.denominator } : value;
  return { kind: "number", value: signed, decimal: digits.includes(".") || exponent !== undefined };
}

/** Tries to read; goes back where it cannot, or where what follows does not fit. */
export function attempt(
  reader: Reader,
  read: (reader: Reader) => Expression,
  follows: (reader: Reader) => boolean,
): Expression | undefined {
  const { position, depth } = reader;
  try {
    const value = read(reader);
    if (follows(reader)) {
      return value;
    }
  } catch (error) {
    if (error !== unreadable || reader.budget.steps < 0) {
      throw error;
    }
  }
  reader.position = position;
  reader.depth = depth;
  return undefined;
}

export function kind(reader: Reader, ahead = 0): string {
  return reader.tokens[reader.position + ahead]?.kind ?? "";
}

export function accept(reader: Reader, wanted: string): boolean {
  const found = kind(reader) === wanted;
  if (found) {
    reader.position++;
  }
  return found;
}

export function expect(reader: Reader, wanted: string): void {
  if (!accept(reader, wanted)) {
    fail();
  }
}

export function fail(): never {
  throw unreadable;
}

export function take(reader: Reader): LatexToken {
  return reader.tokens[reader.position++] ?? fail();
}

export function nested<Result>(reader: Reader, read: (reader: Reader) => Result): Result {
  spend(reader.budget, 1);
  reader.depth++;
  if (reader.depth > deepest) {
    reader.budget.steps = -1;
    throw unreadable;
  }
  const result = read(reader);
  reader.depth--;
  return result;
}
