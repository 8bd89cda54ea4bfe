import { parseAtom, parseBehind, parseSubscript } from "./atoms.ts";
import { accept, at, fail, nested, type Parser, peek } from "./cursor.ts";
import { type Expression, type RelationOperator, unreadable, type WorkBudget } from "./expression.ts";
import { add, fraction, integer, type Rational } from "./rational.ts";
import type { Token, TokenKind } from "./token.ts";
import { negated, product, quotient } from "./tree.ts";

/** Reads tokens as one answer: a value, or values side by side. Throws `unreadable`. */
export function parseAnswer(tokens: readonly Token[], budget: WorkBudget): Expression {
  const parser: Parser = { tokens: [...tokens], position: 0, depth: 0, bars: 0, budget, grammar };
  const answer = parseList(parser);
  if (parser.position < parser.tokens.length) {
    fail();
  }
  return answer;
}

/** Values with commas, semicolons, "and" and "or" between them. */
function parseList(parser: Parser): Expression {
  return nested(parser, () => {
    const members = [parseElement(parser)];
    const groups: number[] = [];
    const connectives = new Set<string>();
    for (;;) {
      const start = parser.position;
      let separators = 0;
      for (let token = peek(parser); token; token = peek(parser)) {
        if (token.kind === "connective") {
          connectives.add(token.value);
        } else if (token.kind !== "comma" && token.kind !== "ellipsis") {
          break;
        } else if (token.value === ";") {
          groups.push(members.length);
        } else if (token.kind === "ellipsis") {
          members.push({ kind: "text", text: "..." });
        }
        parser.position++;
        separators++;
      }
      if (separators === 0 || !peek(parser) || at(parser, "close")) {
        if (separators > 0 && !peek(parser) && parser.depth > 1) {
          parser.position = start;
        }
        break;
      }
      if (at(parser, "row") || at(parser, "end")) {
        break;
      }
      members.push(parseElement(parser));
    }
    const only = members[0] as Expression;
    if (members.length === 1) {
      return only;
    }
    const connective = connectives.has("or") ? "or" : connectives.has("and") ? "and" : undefined;
    if (connective && members.every((member) => member.kind === "relation")) {
      return { kind: "connected", connective, parts: members };
    }
    return { kind: "sequence", open: "", close: "", members: grouped(members, groups) };
  });
}

/** `1, 2; 3, 4` are two pairs; with nothing but semicolons they separate like commas. */
function grouped(members: readonly Expression[], ends: readonly number[]): readonly Expression[] {
  const size = members.length / (ends.length + 1);
  if (ends.length === 0 || size === 1 || ends.some((end, index) => end !== size * (index + 1))) {
    return members;
  }
  return [...ends, members.length].map((end, index) => {
    const group = members.slice(ends[index - 1] ?? 0, end);
    return group.length === 1
      ? (group[0] as Expression)
      : { kind: "sequence", open: "(", close: ")", members: group };
  });
}

/** A chain of relations. */
function parseElement(parser: Parser): Expression {
  return nested(parser, () => {
    const operands = [at(parser, "relation") ? emptySide : parseSets(parser)];
    const operators: RelationOperator[] = [];
    while (at(parser, "relation") || at(parser, "arrow")) {
      const token = parser.tokens[parser.position++] as Token;
      if (token.kind === "arrow") {
        operands.length = 0;
        operators.length = 0;
        operands.push(parseSets(parser));
        continue;
      }
      operators.push((token.value === "superset" ? "subset" : token.value) as RelationOperator);
      operands.push(parseSets(parser));
    }
    if (operands[0] === emptySide) {
      operands.shift();
      const operator = operators.shift();
      if (operator !== "approx" && operator !== "=") {
        throw unreadable;
      }
    }
    return operators.length === 0 ? (operands[0] as Expression) : { kind: "relation", operators, operands };
  });
}

const emptySide: Expression = { kind: "text", text: "" };

function parseSets(parser: Parser): Expression {
  let left = parsePlusMinus(parser);
  while (at(parser, "set-operator")) {
    const name = parser.tokens[parser.position++]?.value as "union" | "intersection" | "difference";
    const right = parsePlusMinus(parser);
    left =
      left.kind === "set-operation" && left.name === name && name !== "difference"
        ? { ...left, parts: [...left.parts, right] }
        : { kind: "set-operation", name, parts: [left, right] };
  }
  return left;
}

function parsePlusMinus(parser: Parser): Expression {
  let left = at(parser, "plus-minus") ? undefined : parseSum(parser);
  while (at(parser, "plus-minus")) {
    const minusFirst = parser.tokens[parser.position++]?.value === "-";
    const right = parseSum(parser);
    left = left ? { kind: "plus-minus", left, right, minusFirst } : { kind: "plus-minus", right, minusFirst };
  }
  return left ?? fail();
}

function parseSum(parser: Parser): Expression {
  return nested(parser, () => {
    const terms = [parseProduct(parser)];
    while (at(parser, "operator", "+") || at(parser, "operator", "-")) {
      const minus = parser.tokens[parser.position++]?.value === "-";
      if (accept(parser, "ellipsis")) {
        terms.push({ kind: "symbol", name: "..." });
        continue;
      }
      const term = parseProduct(parser);
      terms.push(minus ? negated(term) : term);
    }
    return terms.length === 1 ? (terms[0] as Expression) : { kind: "sum", terms };
  });
}

/** Factors with signs between them, or side by side. Side by side binds tighter, except after a numeric fraction. */
function parseProduct(parser: Parser): Expression {
  let left = parseSigned(parser, true);
  for (;;) {
    if (left.kind === "text" && at(parser, "operator")) {
      const colon = accept(parser, "operator", ":");
      left = colon ? parseSigned(parser, true) : fail();
    } else if (accept(parser, "operator", "*")) {
      left = product(left, parseSigned(parser, true));
    } else if (accept(parser, "operator", "/") || accept(parser, "operator", ":")) {
      const start = parser.position;
      const numeric = isNumeric(left) && at(parser, "number");
      const divisor = parseSigned(parser, !numeric);
      if (numeric && parser.position === start + 1 && startsOperand(parser)) {
        left = product(quotient(left, divisor), parseSigned(parser, true));
      } else {
        left = quotient(left, divisor);
      }
    } else if (accept(parser, "modulo", "")) {
      left = { kind: "call", name: "mod", arguments: [left, parseSigned(parser, true)] };
    } else if (accept(parser, "modulo", "(")) {
      parseAtom(parser);
    } else if (accept(parser, "choose")) {
      left = { kind: "call", name: "binomial", arguments: [left, parseSigned(parser, true)] };
    } else {
      return left;
    }
  }
}

function parseSigned(parser: Parser, sideBySide: boolean): Expression {
  return nested(parser, () => {
    if (accept(parser, "operator", "-")) {
      return negated(parseSigned(parser, sideBySide));
    }
    if (accept(parser, "operator", "+")) {
      return parseSigned(parser, sideBySide);
    }
    return sideBySide ? parseSideBySide(parser, true) : parsePostfix(parser);
  });
}

/** Factors side by side; function names end them where they are the argument of a function. */
function parseSideBySide(parser: Parser, functions: boolean): Expression {
  let left = parsePostfix(parser);
  if (left.kind === "text" && startsOperand(parser)) {
    left = isLabel(left.text) ? parsePostfix(parser) : fail();
  }
  while (startsOperand(parser)) {
    const token = peek(parser) as Token;
    if (!functions && (token.kind === "function" || token.kind === "binder")) {
      break;
    }
    if (token.kind === "number") {
      left = mixedNumber(parser, left);
      continue;
    }
    if (
      token.kind === "fraction" &&
      left.kind === "number" &&
      left.value.denominator === 1n &&
      !left.decimal
    ) {
      const part = parseAtom(parser);
      left = isPositiveFraction(part)
        ? parseBehind(parser, mixed(left.value, rationalOf(part)))
        : product(left, parseBehind(parser, part));
      continue;
    }
    left = product(left, parsePostfix(parser));
  }
  return left;
}

/** `3 1/2` in plain text. Any other number beside a value is a mistake of reading. */
function mixedNumber(parser: Parser, left: Expression): Expression {
  const [numerator, slash, denominator] = parser.tokens.slice(parser.position, parser.position + 3);
  if (
    left.kind === "number" &&
    !left.decimal &&
    numerator?.spaced &&
    slash?.kind === "operator" &&
    slash.value === "/" &&
    denominator?.kind === "number"
  ) {
    const part = fraction(BigInt(wholeDigits(numerator)), BigInt(wholeDigits(denominator)));
    const total = part && add(left.value, part);
    if (total) {
      parser.position += 3;
      return { kind: "number", value: total, decimal: false };
    }
  }
  if (
    left.kind === "sum" ||
    left.kind === "call" ||
    left.kind === "symbol" ||
    left.kind === "power" ||
    (left.kind === "product" && left.factors.at(-1)?.kind === "symbol")
  ) {
    return product(left, parsePostfix(parser));
  }
  return fail();
}

function wholeDigits(token: Token): string {
  return /^\d{1,400}$/.test(token.value) ? token.value : fail();
}

const operandKinds: ReadonlySet<TokenKind> = new Set([
  "number",
  "repeating",
  "letter",
  "symbol",
  "constant",
  "function",
  "fraction",
  "root",
  "binomial",
  "open",
  "begin",
  "binder",
  "named-set",
]);

function startsOperand(parser: Parser): boolean {
  const token = peek(parser);
  return token !== undefined && (operandKinds.has(token.kind) || (token.kind === "bar" && parser.bars === 0));
}

/** Words before a value that say nothing about it. */
function isLabel(text: string): boolean {
  return text.trim().endsWith(":") || /answer|total|approx|about|result|value/i.test(text);
}

function mixed(wholePart: Rational, part: Rational): Expression {
  return { kind: "number", value: add(wholePart, part) ?? wholePart, decimal: false };
}

/** An atom with what stands behind it: powers, factorials, percent and degree signs, units. */
function parsePostfix(parser: Parser): Expression {
  return parseBehind(parser, parseAtom(parser));
}

function isNumeric(value: Expression): boolean {
  return value.kind === "number";
}

function isPositiveFraction(value: Expression): boolean {
  return value.kind === "number" && value.value.numerator > 0n && value.value.denominator > 1n;
}

function rationalOf(value: Expression): Rational {
  return value.kind === "number" ? value.value : integer(0);
}

const grammar = {
  list: parseList,
  element: parseElement,
  sum: parseSum,
  sideBySide: parseSideBySide,
  atom: parseAtom,
  subscript: parseSubscript,
};
