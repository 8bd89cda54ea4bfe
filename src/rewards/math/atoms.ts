import { accept, at, expect, fail, nested, type Parser, peek } from "./cursor.ts";
import { type Bracket, type Expression, spend, unreadable } from "./expression.ts";
import { unknownFunction } from "./functions.ts";
import { parseFunction } from "./parse-function.ts";
import { fraction, integer, parseDecimal } from "./rational.ts";
import { negated } from "./tree.ts";

export function parseBehind(parser: Parser, atom: Expression): Expression {
  let value = atom;
  for (;;) {
    spend(parser.budget, 1);
    const called = functionName(value);
    if (called !== undefined && opensArguments(parser)) {
      value = { kind: "call", name: `${unknownFunction}${called}`, arguments: parseArguments(parser) };
    } else if (accept(parser, "power")) {
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

/** The name of what may be a function: a letter, or the inverse of one. */
function functionName(value: Expression): string | undefined {
  if (value.kind === "symbol") {
    return value.name;
  }
  const inverse =
    value.kind === "power" &&
    value.base.kind === "symbol" &&
    value.exponent.kind === "number" &&
    value.exponent.value.numerator === -1n;
  return inverse && value.base.kind === "symbol" ? `${value.base.name}^-1` : undefined;
}

const mostArgumentTokens = 200;

/** `f(x)` is a value of f, and `f(1, 2)`; `x(x + 1)` is a product. */
function opensArguments(parser: Parser): boolean {
  const { tokens } = parser;
  const start = at(parser, "open", "{") ? parser.position + 1 : parser.position;
  if (tokens[start]?.kind !== "open" || tokens[start]?.value !== "(") {
    return false;
  }
  if (tokens[start + 2]?.kind === "close") {
    return ["letter", "symbol", "number", "constant"].includes(tokens[start + 1]?.kind ?? "");
  }
  let depth = 0;
  for (const token of tokens.slice(start, start + mostArgumentTokens)) {
    depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
    if (depth === 0) {
      return false;
    }
    if (depth === 1 && token.kind === "comma") {
      return true;
    }
  }
  return false;
}

function parseArguments(parser: Parser): readonly Expression[] {
  const value = parseAtom(parser);
  return value.kind === "sequence" ? value.members : [value];
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

export function parseSubscript(parser: Parser): string {
  const open = at(parser, "open", "{");
  if (!open) {
    return parser.tokens[parser.position++]?.value ?? fail();
  }
  let depth = 0;
  let text = "";
  do {
    const token = peek(parser) ?? fail();
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

export function parseAtom(parser: Parser): Expression {
  return nested(parser, () => {
    const token = peek(parser) ?? fail();
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
    throw unreadable;
  }
  return { kind: "number", value, decimal: digits.includes(".") };
}

function repeatingDecimal(text: string): Expression {
  const [start = "", cycle = ""] = text.split("|");
  const [wholePart = "0", fixed = ""] = start.split(".");
  if (start.length + cycle.length > 1000) {
    throw unreadable;
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
  const content = parser.grammar.list(parser);
  const builder = open === "\\{" && (accept(parser, "such-that") || accept(parser, "bar", "|"));
  if (builder) {
    const condition = parser.grammar.list(parser);
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
    return close === closing[open]?.[0] ? content : fail();
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
    fail();
  }
  parser.position++;
  return token.value;
}

function parseBars(parser: Parser, value: string): Expression {
  parser.bars++;
  const content = parser.grammar.sum(parser);
  parser.bars--;
  expect(parser, "bar", value);
  return { kind: "call", name: "abs", arguments: [content] };
}
