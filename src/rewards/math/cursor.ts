import { type Expression, spend, unreadable, type WorkBudget } from "./expression.ts";
import type { Token, TokenKind } from "./token.ts";

const deepest = 120;

/** What the parts of the parser read of each other. */
export interface Grammar {
  list: (parser: Parser) => Expression;
  element: (parser: Parser) => Expression;
  sum: (parser: Parser) => Expression;
  /** Factors side by side; function names end them where they are the argument of a function. */
  sideBySide: (parser: Parser, functions: boolean) => Expression;
  atom: (parser: Parser) => Expression;
  subscript: (parser: Parser) => string;
}

/** The state of one reading; the parser's functions are a recursive descent over it. */
export interface Parser {
  tokens: Token[];
  position: number;
  depth: number;
  /** Open `|...|`: a bar where an operand has ended closes the innermost. */
  bars: number;
  budget: WorkBudget;
  grammar: Grammar;
}

export function peek(parser: Parser): Token | undefined {
  return parser.tokens[parser.position];
}

export function at(parser: Parser, kind: TokenKind, value?: string): boolean {
  const token = peek(parser);
  return token?.kind === kind && (value === undefined || token.value === value);
}

export function accept(parser: Parser, kind: TokenKind, value?: string): boolean {
  const found = at(parser, kind, value);
  if (found) {
    parser.position++;
  }
  return found;
}

export function expect(parser: Parser, kind: TokenKind, value?: string): void {
  if (!accept(parser, kind, value)) {
    fail();
  }
}

export function fail(): never {
  throw unreadable;
}

export function nested<Result>(parser: Parser, read: (parser: Parser) => Result): Result {
  spend(parser.budget, 1);
  parser.depth++;
  if (parser.depth > deepest) {
    throw unreadable;
  }
  const result = read(parser);
  parser.depth--;
  return result;
}
