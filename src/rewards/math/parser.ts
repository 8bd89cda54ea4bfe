import { accept, at, expect, fail, nested, type Parser, peek } from "./cursor.ts";
import {
  type Bracket,
  type Expression,
  type RelationOperator,
  spend,
  UnreadableError,
  type WorkBudget,
} from "./expression.ts";
import { parseFunction } from "./parse-function.ts";
import { add, fraction, integer, parseDecimal, type Rational } from "./rational.ts";
import type { Token, TokenKind } from "./tokens.ts";
import { negated, product, quotient } from "./tree.ts";

/** Reads tokens as one answer: a value, or values side by side. Throws `UnreadableError`. */
export function parseAnswer(tokens: readonly Token[], budget: WorkBudget): Expression {
  const parser: Parser = { tokens: [...tokens], position: 0, depth: 0, bars: 0, budget, grammar };
  const answer = parseList(parser);
  if (parser.position < parser.tokens.length) {
    fail(parser);
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
        throw new UnreadableError("a relation without a left side");
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
  return left ?? fail(parser);
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
      left = colon ? parseSigned(parser, true) : fail(parser);
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
    left = isLabel(left.text) ? parsePostfix(parser) : fail(parser);
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
    const part = fraction(BigInt(wholeDigits(parser, numerator)), BigInt(wholeDigits(parser, denominator)));
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
  return fail(parser);
}

function wholeDigits(parser: Parser, token: Token): string {
  return /^\d{1,400}$/.test(token.value) ? token.value : fail(parser);
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

function parseBehind(parser: Parser, atom: Expression): Expression {
  let value = atom;
  for (;;) {
    spend(parser.budget, 1);
    if (accept(parser, "power")) {
      if (accept(parser, "degree")) {
        value = { kind: "quantity", value, unit: "degree" };
      } else if (accept(parser, "prime")) {
        value = primed(value);
      } else {
        value = parseExponent(parser, value);
      }
    } else if (accept(parser, "subscript")) {
      value = subscripted(value, parseSubscript(parser));
    } else if (accept(parser, "factorial")) {
      value = { kind: "call", name: "factorial", arguments: [value] };
    } else if (accept(parser, "percent")) {
      value = { kind: "percent", value };
    } else if (accept(parser, "degree")) {
      value = { kind: "quantity", value, unit: "degree" };
    } else if (accept(parser, "prime")) {
      value = primed(value);
    } else if (value.kind === "text" && at(parser, "text")) {
      value = { kind: "text", text: `${value.text} ${parser.tokens[parser.position++]?.value}` };
    } else if (value.kind !== "text" && (at(parser, "text") || at(parser, "unit"))) {
      value = { kind: "quantity", value, unit: parseUnit(parser) };
    } else {
      return value;
    }
  }
}

function parseExponent(parser: Parser, base: Expression): Expression {
  if (at(parser, "open", "{")) {
    const braced = parser.tokens.slice(parser.position + 1, parser.position + 3);
    if (braced[1]?.kind === "close" && (braced[0]?.kind === "degree" || braced[0]?.kind === "prime")) {
      parser.position += 3;
      return braced[0].kind === "degree" ? { kind: "quantity", value: base, unit: "degree" } : primed(base);
    }
    if (braced[1]?.kind === "close" && braced[0]?.kind === "text") {
      parser.position += 3;
      return { kind: "quantity", value: base, unit: braced[0].value };
    }
  }
  if (accept(parser, "text") || accept(parser, "unit")) {
    return base;
  }
  const negative = accept(parser, "operator", "-");
  const exponent = nested(parser, parseAtom);
  return { kind: "power", base, exponent: negative ? negated(exponent) : exponent };
}

function parseSubscript(parser: Parser): string {
  const open = at(parser, "open", "{");
  if (!open) {
    return parser.tokens[parser.position++]?.value ?? fail(parser);
  }
  let depth = 0;
  let text = "";
  do {
    const token = peek(parser) ?? fail(parser);
    depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
    text +=
      token.kind === "open" && token.value === "{"
        ? ""
        : token.value === "}"
          ? ""
          : token.value || token.kind;
    parser.position++;
  } while (depth > 0);
  return text;
}

function subscripted(value: Expression, subscript: string): Expression {
  if (value.kind === "symbol") {
    return { kind: "symbol", name: `${value.name}_${subscript}` };
  }
  if (value.kind === "constant") {
    return { kind: "symbol", name: `${value.name}_${subscript}` };
  }
  return value.kind === "number" ? { ...value, subscript } : value;
}

function primed(value: Expression): Expression {
  return value.kind === "symbol" ? { kind: "symbol", name: `${value.name}'` } : value;
}

/** Unit words with what joins them: `km / h`, `N-m`, `cm ^ 2`. */
function parseUnit(parser: Parser): string {
  let unit = parser.tokens[parser.position++]?.value ?? "";
  for (;;) {
    const token = peek(parser);
    const next = parser.tokens[parser.position + 1];
    if (token?.kind === "text" || token?.kind === "unit") {
      unit += ` ${token.value}`;
      parser.position++;
    } else if (
      token?.kind === "power" &&
      (next?.kind === "number" || (next?.kind === "open" && next.value === "{"))
    ) {
      parser.position++;
      const exponent = nested(parser, parseAtomAsText);
      unit += `^${exponent}`;
    } else if (
      token?.kind === "operator" &&
      token.value !== "+" &&
      (next?.kind === "text" || next?.kind === "unit" || (next?.kind === "letter" && token.value !== "-"))
    ) {
      unit += token.value + (next?.value ?? "");
      parser.position += 2;
    } else {
      return unit;
    }
  }
}

function parseAtomAsText(parser: Parser): string {
  const start = parser.position;
  parseAtom(parser);
  return parser.tokens
    .slice(start, parser.position)
    .map((token) => token.value)
    .join("")
    .replaceAll(/[{}]/g, "");
}

function parseAtom(parser: Parser): Expression {
  return nested(parser, () => {
    const token = peek(parser) ?? fail(parser);
    parser.position++;
    switch (token.kind) {
      case "number":
        return numberOf(token.value);
      case "repeating":
        return repeatingDecimal(token.value);
      case "letter":
        return letterOf(token.value);
      case "symbol":
        return { kind: "symbol", name: token.value };
      case "constant":
        return { kind: "constant", name: token.value as "pi" };
      case "named-set":
        return { kind: "named-set", name: token.value as "R" };
      case "text":
        return { kind: "text", text: token.value };
      case "ellipsis":
        return { kind: "text", text: "..." };
      case "open":
        return parseBracket(parser, token.value);
      case "bar":
        return parseBars(parser, token.value);
      default:
        parser.position--;
        return parseFunction(parser);
    }
  });
}

function letterOf(letter: string): Expression {
  if (letter === "e" || letter === "i") {
    return { kind: "constant", name: letter };
  }
  return { kind: "symbol", name: letter };
}

function numberOf(text: string): Expression {
  const [digits = "", power] = text.split("e");
  const value = parseDecimal(digits, power === undefined ? 0 : Number(power));
  if (!value) {
    throw new UnreadableError("too many digits");
  }
  return { kind: "number", value, decimal: digits.includes(".") };
}

function repeatingDecimal(text: string): Expression {
  const [start = "", cycle = ""] = text.split("|");
  const [wholePart = "0", fixed = ""] = start.split(".");
  if (start.length + cycle.length > 1000) {
    throw new UnreadableError("too many digits");
  }
  const scale = 10n ** BigInt(fixed.length);
  const nines = 10n ** BigInt(cycle.length) - 1n;
  const head = BigInt(wholePart + fixed);
  const value = fraction(head * nines + BigInt(cycle), scale * nines);
  return { kind: "number", value: value ?? integer(0), decimal: false };
}

const closing: Readonly<Record<string, readonly string[]>> = {
  "(": [")", "]"],
  "[": ["]", ")"],
  "{": ["}"],
  "\\{": ["\\}", "}"],
  "<": [">"],
  floor: ["floor"],
  ceil: ["ceil"],
  "|": ["|"],
  "||": ["||"],
  "]": ["[", "]"],
};

function parseBracket(parser: Parser, open: string): Expression {
  const bars = parser.bars;
  parser.bars = 0;
  if (at(parser, "close") && (open === "{" || open === "\\{" || open === "(")) {
    parser.position++;
    parser.bars = bars;
    return open === "{" ? { kind: "text", text: "" } : { kind: "named-set", name: "empty" };
  }
  const content = parseList(parser);
  const builder = open === "\\{" && (accept(parser, "such-that") || accept(parser, "bar", "|"));
  if (builder) {
    const condition = parseList(parser);
    expectClose(parser, open);
    parser.bars = bars;
    return { kind: "set-builder", condition };
  }
  const close = expectClose(parser, open);
  parser.bars = bars;
  if (open === "floor" || open === "ceil") {
    return { kind: "call", name: open, arguments: [content] };
  }
  if (open === "|" || open === "||") {
    return { kind: "call", name: "abs", arguments: [content] };
  }
  const bare = content.kind === "sequence" && content.open === "";
  if (open === "\\{") {
    return { kind: "sequence", open: "{", close: "}", members: bare ? content.members : [content] };
  }
  if (!bare) {
    return content;
  }
  const brackets =
    open === "{"
      ? { open: "" as const, close: "" as const }
      : { open: open as Bracket, close: close as Bracket };
  return { kind: "sequence", ...brackets, members: content.members };
}

function expectClose(parser: Parser, open: string): string {
  const token = peek(parser);
  if (token?.kind !== "close" || !closing[open]?.includes(token.value)) {
    fail(parser);
  }
  parser.position++;
  return token.value;
}

function parseBars(parser: Parser, value: string): Expression {
  parser.bars++;
  const content = parseSum(parser);
  parser.bars--;
  expect(parser, "bar", value);
  return { kind: "call", name: "abs", arguments: [content] };
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
