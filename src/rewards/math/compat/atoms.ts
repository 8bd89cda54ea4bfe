import type { Expression } from "../expression.ts";
import type { LatexToken } from "./lexer.ts";
import { accept, expect, fail, kind, numberOf, type Reader, take } from "./reader.ts";

export function atomOrBraces(reader: Reader): Expression {
  if (accept(reader, "{")) {
    const value = reader.grammar.expression(reader);
    expect(reader, "}");
    return value;
  }
  return atom(reader);
}

export function braces(reader: Reader): Expression {
  expect(reader, "{");
  const value = reader.grammar.expression(reader);
  expect(reader, "}");
  return value;
}

export function namedAtom(reader: Reader): Expression {
  return kind(reader) === "letter" || kind(reader) === "symbol" || kind(reader) === "accent"
    ? atom(reader)
    : fail();
}

export function atom(reader: Reader): Expression {
  const token = reader.tokens[reader.position] ?? fail();
  switch (token.kind) {
    case "letter":
    case "symbol":
    case "accent":
      return letter(reader);
    case "infinity":
      reader.position++;
      return { kind: "constant", name: "infinity" };
    case "number": {
      reader.position++;
      if (accept(reader, "_")) {
        atomOrBraces(reader);
      }
      return numberOf(token.text);
    }
    case "scientific":
      reader.position++;
      return numberOf(token.text);
    case "percent":
      reader.position++;
      return { kind: "percent", value: numberOf(token.text.replaceAll(/[\\%\s]/g, "")) };
    case "E":
      reader.position++;
      return { kind: "symbol", name: `e${reader.suffix}` };
    case "differential":
      reader.position++;
      return { kind: "symbol", name: `d${token.text.slice(1).trim().replace("\\", "")}${reader.suffix}` };
    case "gamma":
      reader.position++;
      return { kind: "constant", name: "gamma" };
    default:
      return fail();
  }
}

function letter(reader: Reader): Expression {
  const token = reader.tokens[reader.position] as LatexToken;
  const name = symbolName(reader);
  let value: Expression = { kind: "symbol", name };
  if (token.text === "I" && name === `i${reader.suffix}`) {
    value = { kind: "constant", name: "i" };
  } else if (name === `pi${reader.suffix}`) {
    value = { kind: "constant", name: "pi" };
  }
  return value;
}

const greekNames: Readonly<Record<string, string>> = {
  π: "pi",
  Π: "pi",
  "\\Pi": "pi",
  Γ: "gamma",
  γ: "gamma",
};

/** In lower case, with its subscript, as math-verify names it. */
export function symbolName(reader: Reader): string {
  const token = take(reader);
  let name = token.text;
  if (token.kind === "accent") {
    const brace = name.indexOf("{");
    const accent = name.slice(1, brace).trim();
    const content = name.slice(brace + 1, -1).replaceAll(" ", "");
    name = /text|mbox/.test(accent)
      ? content.replaceAll(/[()]/g, "")
      : `${accent === "overline" ? "bar" : accent === "overrightarrow" ? "vec" : accent === "widetilde" ? "tilde" : accent.includes("math") ? "math" : accent}{${content}}`;
  } else if (token.kind === "symbol") {
    name = greekNames[name] ?? name.replace("\\", "");
  } else if (token.kind !== "letter") {
    fail();
  }
  name = name.trim();
  if (accept(reader, "_")) {
    const start = reader.position;
    if (accept(reader, "{")) {
      reader.grammar.expression(reader);
      while (accept(reader, ",")) {
        reader.grammar.expression(reader);
      }
      expect(reader, "}");
    } else {
      atom(reader);
    }
    const subscript = reader.tokens
      .slice(start, reader.position)
      .map((part) => part.text)
      .join("")
      .replaceAll(/^\{|\}$/g, "");
    name += `_${subscript}`;
  }
  return name.toLowerCase() + reader.suffix;
}
