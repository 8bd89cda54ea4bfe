import type { Budget } from "./budget.ts";
import { floatText, jsonString, quoted } from "./python-text.ts";
import { TemplateError } from "./template-error.ts";

/** A value while a template is rendered, with the semantics of Python; a number is an `int`. */
export type Value =
  | string
  | number
  | boolean
  | None
  | Float
  | Sequence
  | Dictionary
  | Namespace
  | Callable
  | Undefined;

/** Python's `None`: an object, so that it is never mistaken for a value that is not there. */
export interface None {
  kind: "none";
}

export interface Float {
  kind: "float";
  value: number;
}

/** Never changed: the reference renders in a sandbox that forbids it. */
export interface Sequence {
  kind: "list" | "tuple";
  items: readonly Value[];
}

export type Key = string | number | boolean | None;

export interface Dictionary {
  kind: "dict";
  entries: ReadonlyMap<Key, Value>;
}

/** What `namespace()` makes; the only thing whose attributes a template can set. */
export interface Namespace {
  kind: "namespace";
  entries: Map<string, Value>;
}

export interface Callable {
  kind: "function";
  name: string;
  call(positional: readonly Value[], named: ReadonlyMap<string, Value>): Value;
}

/** A name, attribute or item that does not exist: prints as nothing, is false, and most other uses are errors. */
export interface Undefined {
  kind: "undefined";
  problem: string;
}

export const none: None = { kind: "none" };
export const list = (items: readonly Value[]): Sequence => ({ kind: "list", items });
export const tuple = (items: readonly Value[]): Sequence => ({ kind: "tuple", items });
export const float = (value: number): Float => ({ kind: "float", value });
export const undefinedValue = (problem: string): Undefined => ({ kind: "undefined", problem });

/** Python's name of a value's type, for errors. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "string":
      return "str";
    case "number":
      return "int";
    case "boolean":
      return "bool";
    default:
      return value.kind === "none" ? "NoneType" : value.kind;
  }
}

export function isKey(value: Value): value is Key {
  return typeof value !== "object" || value === none;
}

export function isUndefined(value: Value): value is Undefined {
  return typeof value === "object" && value.kind === "undefined";
}

export function isSequence(value: Value): value is Sequence {
  return typeof value === "object" && (value.kind === "list" || value.kind === "tuple");
}

export function isDictionary(value: Value): value is Dictionary {
  return typeof value === "object" && value.kind === "dict";
}

export function isFloat(value: Value): value is Float {
  return typeof value === "object" && value.kind === "float";
}

/** The number that a value is in arithmetic, undefined if it is none. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number" || typeof value === "boolean") {
    return Number(value);
  }
  return isFloat(value) ? value.value : undefined;
}

export function isTrue(value: Value): boolean {
  if (typeof value !== "object") {
    return Boolean(value);
  }
  switch (value.kind) {
    case "float":
      return value.value !== 0;
    case "list":
    case "tuple":
      return value.items.length > 0;
    case "dict":
      return value.entries.size > 0;
    case "none":
    case "undefined":
      return false;
    default:
      return true;
  }
}

/** The items that a loop goes through. */
export function itemsOf(value: Value, budget: Budget): readonly Value[] {
  if (isSequence(value)) {
    return value.items;
  }
  if (isUndefined(value)) {
    return [];
  }
  if (typeof value === "string") {
    budget.spend(value.length);
    return [...value];
  }
  if (isDictionary(value)) {
    budget.spend(value.entries.size);
    return [...value.entries.keys()];
  }
  throw new TemplateError(`'${typeName(value)}' object is not iterable`);
}

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

/** By code points, as Python orders strings. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a[index] === b[index]) {
    index++;
  }
  const [left, right] = [a.codePointAt(index) ?? -1, b.codePointAt(index) ?? -1];
  return left - right;
}

export function areEqual(a: Value, b: Value, budget: Budget): boolean {
  budget.spend(1);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined || right !== undefined) {
    return left === right;
  }
  if (isSequence(a) && isSequence(b)) {
    return (
      a.kind === b.kind &&
      a.items.length === b.items.length &&
      a.items.every((item, index) => areEqual(item, b.items[index]!, budget))
    );
  }
  if (isDictionary(a) && isDictionary(b)) {
    return (
      a.entries.size === b.entries.size &&
      [...a.entries].every(([key, item]) => b.entries.has(key) && areEqual(item, b.entries.get(key)!, budget))
    );
  }
  return a === b || (isUndefined(a) && isUndefined(b));
}

/** Negative, zero or positive; what Python does not order is an error. */
export function compare(a: Value, b: Value, budget: Budget): number {
  budget.spend(1);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) {
    return left - right;
  }
  if (typeof a === "string" && typeof b === "string") {
    budget.spendText(Math.min(a.length, b.length));
    return compareText(a, b);
  }
  if (isSequence(a) && isSequence(b) && a.kind === b.kind) {
    const differs = a.items.findIndex(
      (item, index) => index >= b.items.length || !areEqual(item, b.items[index]!, budget),
    );
    return differs < 0 || differs >= b.items.length
      ? a.items.length - b.items.length
      : compare(a.items[differs]!, b.items[differs]!, budget);
  }
  throw new TemplateError(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}
