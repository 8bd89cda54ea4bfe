import type { Expression } from "../expression.ts";
import { quotient } from "../tree.ts";
import { atom, atomOrBraces, braces, symbolName } from "./atoms.ts";
import { accept, attempt, expect, fail, kind, nested, numberOf, type Reader, take } from "./reader.ts";

const groupClosers: Readonly<Record<string, string>> = {
  "(": ")",
  "\\lgroup": "\\rgroup",
  "{": "}",
  "[": "]",
  "\\{": "\\}",
  "|": "|",
  "\\lvert": "\\rvert",
  "\\|": "\\|",
  "floor(": "floor)",
  "ceil(": "ceil)",
};
const groupCalls: Readonly<Record<string, string>> = {
  "|": "abs",
  "\\lvert": "abs",
  "\\|": "norm",
  "floor(": "floor",
  "ceil(": "ceil",
};

export function component(reader: Reader): Expression {
  return nested(reader, () => {
    const next = kind(reader);
    const close = Object.hasOwn(groupClosers, next) ? groupClosers[next] : undefined;
    if (close !== undefined) {
      reader.position++;
      const value = reader.grammar.expression(reader);
      if (next === "{" && accept(reader, "choose")) {
        const below = reader.grammar.expression(reader);
        expect(reader, "}");
        return { kind: "call", name: "binomial", arguments: [value, below] };
      }
      expect(reader, close);
      const call = groupCalls[next];
      return call === undefined ? value : { kind: "call", name: call, arguments: [value] };
    }
    switch (next) {
      case "phantom":
      case "boxed":
        reader.position++;
        return braces(reader);
      case "frac":
        reader.position++;
        return derivative(reader) ?? quotient(braces(reader), braces(reader));
      case "binom":
        reader.position++;
        return { kind: "call", name: "binomial", arguments: [braces(reader), braces(reader)] };
      case "sqrt":
        return root(reader);
      case "function":
      case "function-of-many":
      case "operatorname":
        return namedFunction(reader);
      case "gamma":
        return attempt(reader, namedFunction, () => true) ?? atom(reader);
      case "e":
        return exponential(reader);
      case "begin-matrix":
      case "begin-det":
        return matrix(reader);
      case "sum":
      case "prod":
      case "lim":
      case "int":
        return binder(reader);
      default:
        return attempt(reader, calledLetter, () => true) ?? atom(reader);
    }
  });
}

/** `\frac{dx}{dt}` */
function derivative(reader: Reader): Expression | undefined {
  const kinds = [0, 1, 2, 3, 4, 5].map((ahead) => kind(reader, ahead)).join(" ");
  if (kinds !== "{ differential } { differential }") {
    return undefined;
  }
  const value: Expression = {
    kind: "symbol",
    name: reader.tokens[reader.position + 1]?.text.slice(1).trim() ?? "",
  };
  const variable: Expression = {
    kind: "symbol",
    name: reader.tokens[reader.position + 4]?.text.slice(1).trim() ?? "",
  };
  reader.position += 6;
  return { kind: "call", name: "derivative", arguments: [value, variable, numberOf("1")] };
}

function root(reader: Reader): Expression {
  reader.position++;
  let degree: Expression = numberOf("2");
  if (accept(reader, "[")) {
    degree = reader.grammar.expression(reader);
    expect(reader, "]");
  }
  return { kind: "power", base: braces(reader), exponent: quotient(numberOf("1"), degree) };
}

/** `f(x)`: a letter before a lone atom, or before several values, in brackets. */
function calledLetter(reader: Reader): Expression {
  const name = symbolName(reader);
  let exponent: Expression | undefined;
  if (kind(reader) === "^") {
    reader.position++;
    exponent = atomOrBraces(reader);
  }
  const braced = accept(reader, "{");
  const open = take(reader).kind;
  if (open !== "(" && open !== "[") {
    fail();
  }
  const close = open === "(" ? ")" : "]";
  const lone = attempt(reader, atom, (inner) => kind(inner) === close);
  const values = lone ? [lone] : [reader.grammar.expression(reader)];
  if (!lone) {
    expect(reader, ",");
    while (kind(reader) !== close) {
      values.push(reader.grammar.expression(reader));
      if (!accept(reader, ",")) {
        break;
      }
    }
  }
  expect(reader, close);
  if (braced) {
    expect(reader, "}");
  }
  const call: Expression = { kind: "call", name: `function ${name}`, arguments: values };
  return exponent ? { kind: "power", base: call, exponent } : call;
}

function namedFunction(reader: Reader): Expression {
  let name = take(reader).text.slice(1);
  if (name === "operatorname") {
    expect(reader, "{");
    name = take(reader).text;
    expect(reader, "}");
  }
  let base: Expression | undefined;
  let exponent: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!base && accept(reader, "_")) {
      base = atomOrBraces(reader);
    } else if (!exponent && accept(reader, "^")) {
      exponent = atomOrBraces(reader);
    }
  }
  if (name === "gamma") {
    name = "Gamma";
  }
  const values = functionArguments(
    reader,
    name === "gcd" || name === "lcm" || name === "max" || name === "min",
  );
  if (
    exponent?.kind === "number" &&
    exponent.value.numerator === -1n &&
    /^(?:sin|cos|tan|csc|sec|cot)h?$/.test(name)
  ) {
    name = `arc${name}`;
    exponent = undefined;
  }
  const renamed = name.replace(/^ar(sinh|cosh|tanh)$/, "arc$1");
  const isLogarithm = renamed === "log" || renamed === "ln";
  const call: Expression = {
    kind: "call",
    name: renamed === "Gamma" ? "gamma" : renamed,
    arguments: isLogarithm && base ? [...values, base] : values,
  };
  return exponent ? { kind: "power", base: call, exponent } : call;
}

function functionArguments(reader: Reader, many: boolean): Expression[] {
  const bracketed = attemptList(reader, many);
  return bracketed ?? [reader.grammar.factors(reader, false)];
}

function attemptList(reader: Reader, many: boolean): Expression[] | undefined {
  const values: Expression[] = [];
  const found = attempt(
    reader,
    (inner) => {
      expect(inner, "(");
      values.push(inner.grammar.expression(inner));
      while (many && accept(inner, ",")) {
        values.push(inner.grammar.expression(inner));
      }
      expect(inner, ")");
      return values[0] as Expression;
    },
    () => true,
  );
  return found ? values : undefined;
}

function exponential(reader: Reader): Expression {
  reader.position++;
  if (!accept(reader, "^")) {
    return { kind: "constant", name: "e" };
  }
  return { kind: "power", base: { kind: "constant", name: "e" }, exponent: atomOrBraces(reader) };
}

function matrix(reader: Reader): Expression {
  const determinant = take(reader).kind === "begin-det";
  const end = determinant ? "end-det" : "end-matrix";
  const rows: Expression[][] = [];
  while (kind(reader) !== end) {
    const row = [reader.grammar.expression(reader)];
    while (accept(reader, "&")) {
      row.push(reader.grammar.expression(reader));
    }
    rows.push(row);
    if (!accept(reader, "\\\\")) {
      break;
    }
  }
  expect(reader, end);
  if (rows.length === 0 || rows.some((row) => row.length !== rows[0]?.length)) {
    fail();
  }
  const value: Expression = { kind: "matrix", rows };
  return determinant ? { kind: "call", name: "det", arguments: [value] } : value;
}

function binder(reader: Reader): Expression {
  const name = take(reader).kind;
  if (name === "int") {
    return integral(reader);
  }
  let variable: Expression | undefined;
  let from: Expression | undefined;
  let to: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!from && accept(reader, "_")) {
      expect(reader, "{");
      variable = reader.grammar.expression(reader);
      expect(reader, name === "lim" ? "to" : "=");
      from = reader.grammar.expression(reader);
      expect(reader, "}");
    } else if (name !== "lim" && !to && accept(reader, "^")) {
      to = atomOrBraces(reader);
    }
  }
  if (variable?.kind !== "symbol" || !from || (name !== "lim" && !to)) {
    fail();
  }
  const body = reader.grammar.factors(reader, true);
  const kinds = { sum: "sum", prod: "product", lim: "limit" } as const;
  return {
    kind: "binder",
    name: kinds[name as "sum"],
    variable: variable.name,
    from,
    body,
    ...(to && { to }),
  };
}

function integral(reader: Reader): Expression {
  let from: Expression | undefined;
  let to: Expression | undefined;
  for (let count = 0; count < 2; count++) {
    if (!from && accept(reader, "_")) {
      from = atomOrBraces(reader);
    } else if (!to && accept(reader, "^")) {
      to = atomOrBraces(reader);
    }
  }
  const rest = reader.tokens.findIndex(
    (token, index) => index >= reader.position && token.kind === "differential",
  );
  if (rest < 0) {
    fail();
  }
  const inner: Reader = { ...reader, tokens: reader.tokens.slice(0, rest) };
  const body = rest === reader.position ? numberOf("1") : inner.grammar.expression(inner);
  if (inner.position !== rest) {
    fail();
  }
  reader.position = rest + 1;
  const variable = (reader.tokens[rest]?.text ?? "").slice(1).trim().replace("\\", "");
  return {
    kind: "binder",
    name: "integral",
    variable: variable + reader.suffix,
    body,
    ...(from && { from }),
    ...(to && { to }),
  };
}
