import type { Budget } from "./budget.ts";
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
    budget.spend(value.items.length);
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
