import { accept, at, expect, fail, type Parser, peek } from "./cursor.ts";
import type { Expression } from "./expression.ts";
import { integer } from "./rational.ts";
import type { Token } from "./token.ts";
import { product, quotient } from "./tree.ts";

const minusOne: Expression = { kind: "number", value: integer(-1), decimal: false };
const half: Expression = { kind: "number", value: { numerator: 1n, denominator: 2n }, decimal: false };

/** Fractions, roots, functions with their arguments, sums and integrals, matrices. */
export function parseFunction(parser: Parser): Expression {
  const token = parser.tokens[parser.position++] as Token;
  switch (token.kind) {
    case "fraction": {
      const above = parseArgument(parser);
      return quotient(above, parser.grammar.atom(parser));
    }
    case "root":
      return parseRoot(parser);
    case "binomial": {
      const above = parseArgument(parser);
      return { kind: "call", name: "binomial", arguments: [above, parser.grammar.atom(parser)] };
    }
    case "function":
      return parseNamed(parser, token.value);
    case "binder":
      return parseBinder(parser, token.value as "sum");
    case "begin":
      return parseEnvironment(parser, token.value);
    default:
      parser.position--;
      return fail();
  }
}

/** `{...}`, or the next digit or letter: `\frac12` is one half. (`\frac{1}23` is meant as 1/23.) */
function parseArgument(parser: Parser): Expression {
  const token = peek(parser);
  if (token?.kind === "number" && /^\d{2,}$/.test(token.value)) {
    parser.tokens.splice(
      parser.position,
      1,
      { ...token, value: token.value[0] ?? "" },
      { ...token, value: token.value.slice(1), spaced: false },
    );
  }
  return parser.grammar.atom(parser);
}

function parseRoot(parser: Parser): Expression {
  let degree: Expression | undefined;
  if (accept(parser, "open", "[")) {
    degree = parser.grammar.sum(parser);
    expect(parser, "close", "]");
  }
  const radicand = parser.grammar.atom(parser);
  return { kind: "power", base: radicand, exponent: degree ? quotient(integerOne, degree) : half };
}

const integerOne: Expression = { kind: "number", value: integer(1), decimal: false };

const aliases: Readonly<Record<string, string>> = {
  tg: "tan",
  arctg: "arctan",
  lg: "log10",
  arsinh: "arcsinh",
  arcosh: "arccosh",
  artanh: "arctanh",
  log: "log",
};

function parseNamed(parser: Parser, written: string): Expression {
  let name = aliases[written] ?? written;
  let exponent: Expression | undefined;
  let base: Expression | undefined;
  for (;;) {
    if (accept(parser, "power")) {
      exponent = parser.grammar.atom(parser);
    } else if (at(parser, "subscript") && (name === "log" || name === "ln")) {
      parser.position++;
      base = parser.grammar.atom(parser);
    } else if (accept(parser, "subscript")) {
      name += `_${parser.grammar.subscript(parser)}`;
    } else {
      break;
    }
  }
  if (exponent?.kind === "number" && exponent.value.numerator === -1n && exponent.value.denominator === 1n) {
    name = `arc${name}`;
    exponent = undefined;
  }
  const values = parseFunctionArguments(parser);
  const call: Expression = { kind: "call", name, arguments: base ? [...values, base] : values };
  return exponent ? { kind: "power", base: call, exponent } : call;
}

function parseFunctionArguments(parser: Parser): readonly Expression[] {
  const token = peek(parser);
  const bracketed =
    token?.kind === "open" && (token.value === "(" || token.value === "[" || token.value === "{");
  const negative = !bracketed && accept(parser, "operator", "-");
  const value = bracketed ? parser.grammar.atom(parser) : parser.grammar.sideBySide(parser, false);
  if (bracketed && value.kind === "sequence") {
    return value.members;
  }
  return [negative ? product(minusOne, value) : value];
}

function parseBinder(parser: Parser, name: "sum" | "product" | "integral" | "limit"): Expression {
  let from: Expression | undefined;
  let to: Expression | undefined;
  let variable: string | undefined;
  while (at(parser, "subscript") || at(parser, "power")) {
    const below = parser.tokens[parser.position++]?.kind === "subscript";
    if (below && name !== "integral") {
      const bounds = parseLowerBound(parser);
      variable = bounds.variable;
      from = bounds.from;
    } else if (below) {
      from = parser.grammar.atom(parser);
    } else {
      to = parser.grammar.atom(parser);
    }
  }
  if (name === "integral") {
    return parseIntegral(parser, from, to);
  }
  const body = parser.grammar.sideBySide(parser, true);
  return {
    kind: "binder",
    name,
    variable: variable ?? "",
    body: parseRestOfProduct(parser, body),
    ...(from && { from }),
    ...(to && { to }),
  };
}

function parseRestOfProduct(parser: Parser, first: Expression): Expression {
  let body = first;
  for (;;) {
    if (accept(parser, "operator", "*")) {
      body = product(body, parser.grammar.sideBySide(parser, true));
    } else if (accept(parser, "operator", "/")) {
      body = quotient(body, parser.grammar.sideBySide(parser, true));
    } else {
      return body;
    }
  }
}

/** `k = 1` or `x \to 0`. */
function parseLowerBound(parser: Parser): { variable: string; from?: Expression } {
  expect(parser, "open", "{");
  const variable = parser.grammar.atom(parser);
  const name = variable.kind === "symbol" || variable.kind === "constant" ? variable.name : "";
  if (accept(parser, "arrow") || accept(parser, "relation", "=")) {
    const from = parser.grammar.sum(parser);
    expect(parser, "close", "}");
    return { variable: name, from };
  }
  while (!at(parser, "close")) {
    parser.grammar.element(parser);
    accept(parser, "comma");
  }
  expect(parser, "close", "}");
  return { variable: name };
}

/** The differential is the last `d` with a letter behind it in the integrand's term. */
function parseIntegral(parser: Parser, from: Expression | undefined, to: Expression | undefined): Expression {
  const tokens = parser.tokens;
  let depth = 0;
  for (let index = parser.position; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
    const next = tokens[index + 1];
    if (
      depth === 0 &&
      token.kind === "letter" &&
      token.value === "d" &&
      (next?.kind === "letter" || next?.kind === "symbol")
    ) {
      const inner: Parser = { ...parser, tokens: tokens.slice(parser.position, index), position: 0 };
      const body = inner.tokens.length === 0 ? integerOne : parser.grammar.sum(inner);
      if (inner.position < inner.tokens.length) {
        fail();
      }
      parser.position = index + 2;
      return {
        kind: "binder",
        name: "integral",
        variable: next.value,
        body,
        ...(from && { from }),
        ...(to && { to }),
      };
    }
  }
  return fail();
}

const matrixEnvironments = new Set([
  "matrix",
  "pmatrix",
  "bmatrix",
  "Bmatrix",
  "smallmatrix",
  "array",
  "vmatrix",
]);

function parseEnvironment(parser: Parser, name: string): Expression {
  const rows: Expression[][] = [];
  let row: Expression[] = [];
  while (!at(parser, "end")) {
    if (accept(parser, "row")) {
      rows.push(row);
      row = [];
    } else if (!accept(parser, "column")) {
      row.push(parser.grammar.list(parser));
    }
  }
  expect(parser, "end", name);
  if (row.length > 0) {
    rows.push(row);
  }
  if (rows.length === 0) {
    fail();
  }
  if (!matrixEnvironments.has(name)) {
    return { kind: "sequence", open: "", close: "", members: rows.flat() };
  }
  if (rows.some((each) => each.length !== rows[0]?.length)) {
    fail();
  }
  const matrix: Expression = { kind: "matrix", rows };
  return name === "vmatrix" ? { kind: "call", name: "det", arguments: [matrix] } : matrix;
}
