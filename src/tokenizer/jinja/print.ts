import type { Budget } from "./budget.ts";
import { compareText } from "./comparison.ts";
import { floatText, jsonString, quoted } from "./python-text.ts";
import { TemplateError } from "./template-error.ts";
import { isDictionary, isFloat, isSequence, none, typeName, type Value } from "./values.ts";

function writeRepr(value: Value, budget: Budget, pieces: string[]): void {
  const push = (text: string): void => {
    budget.spendText(text.length);
    pieces.push(text);
  };
  budget.spend(1);
  if (typeof value === "string") {
    push(quoted(value));
  } else if (isSequence(value)) {
    push(value.kind === "list" ? "[" : "(");
    value.items.forEach((item, index) => {
      push(index > 0 ? ", " : "");
      writeRepr(item, budget, pieces);
    });
    push(value.kind === "list" ? "]" : value.items.length === 1 ? ",)" : ")");
  } else if (isDictionary(value)) {
    push("{");
    let separator = "";
    for (const [key, item] of value.entries) {
      push(separator);
      writeRepr(key, budget, pieces);
      push(": ");
      writeRepr(item, budget, pieces);
      separator = ", ";
    }
    push("}");
  } else {
    push(textOf(value, budget));
  }
}

/** Python's `str()`: what a template prints. */
export function textOf(value: Value, budget: Budget): string {
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  if (typeof value === "number") {
    return String(value);
  }
  switch (value.kind) {
    case "float":
      return floatText(value.value);
    case "none":
      return "None";
    case "undefined":
      return "";
    case "namespace":
    case "function":
      throw new TemplateError(`a ${value.kind} cannot be printed`);
    default: {
      const pieces: string[] = [];
      writeRepr(value, budget, pieces);
      return pieces.join("");
    }
  }
}

export interface JsonStyle {
  asciiOnly: boolean;
  indent: string | null;
  separators: readonly [string, string];
  sortKeys: boolean;
}

function writeJson(
  value: Value,
  style: JsonStyle,
  budget: Budget,
  pieces: string[],
  lineStart: string,
): void {
  const push = (text: string): void => {
    budget.spendText(text.length);
    pieces.push(text);
  };
  const inner = style.indent === null ? "" : lineStart + style.indent;
  budget.spend(1);
  const writeAll = <Item>(items: readonly Item[], brackets: string, write: (item: Item) => void): void => {
    push(brackets[0]!);
    items.forEach((item, index) => {
      push(index > 0 ? style.separators[0] : "");
      push(inner);
      write(item);
    });
    push(items.length > 0 && style.indent !== null ? lineStart : "");
    push(brackets[1]!);
  };
  if (typeof value === "string") {
    push(jsonString(value, style.asciiOnly));
  } else if (isSequence(value)) {
    writeAll(value.items, "[]", (item) => writeJson(item, style, budget, pieces, inner));
  } else if (isDictionary(value)) {
    const entries = [...value.entries];
    if (style.sortKeys) {
      entries.sort(([a], [b]) => compareText(String(a), String(b)));
    }
    writeAll(entries, "{}", ([key, item]) => {
      push(jsonString(typeof key === "string" ? key : jsonScalar(key), style.asciiOnly));
      push(style.separators[1]);
      writeJson(item, style, budget, pieces, inner);
    });
  } else {
    push(jsonScalar(value));
  }
}

function jsonScalar(value: Value): string {
  if (typeof value === "boolean" || typeof value === "number") {
    return String(value);
  }
  if (value === none) {
    return "null";
  }
  if (isFloat(value)) {
    const text = floatText(value.value);
    return text === "nan" ? "NaN" : text.replace("inf", "Infinity");
  }
  throw new TemplateError(`Object of type ${typeName(value)} is not JSON serializable`);
}

/** JSON as Python's `json.dumps` writes it. */
export function jsonOf(value: Value, style: JsonStyle, budget: Budget): string {
  const pieces: string[] = [];
  writeJson(value, style, budget, pieces, style.indent === null ? "" : "\n");
  return pieces.join("");
}
