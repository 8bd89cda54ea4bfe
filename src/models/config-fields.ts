import { shown } from "../error-text.ts";
import { ModelError } from "../errors.ts";

export type Json = Readonly<Record<string, unknown>>;

/** The fields of a `config.json` or of one object in it, checked as they are read; what is wrong is a ModelError. */
export interface ConfigFields {
  readonly names: readonly string[];
  /** undefined where the field is absent or null, which mean the same in these files. */
  value(name: string): unknown;
  /** A whole number from 1 to `largestCount`. */
  count(name: string, fallback?: number): number;
  /** A finite number above 0. */
  positive(name: string, fallback?: number): number;
  /** false where the field is absent. */
  flag(name: string): boolean;
  /** The fields of an object; none where it is absent. */
  object(name: string): ConfigFields;
  /** Throws: the field, the value and what would be right. */
  fail(name: string, expected: string, value?: unknown): never;
}

/** Positions up to this are exact in float32, and no size of a model comes near it. */
const largestCount = 2 ** 24;

/** `file` and `prefix`, which names the object that holds the fields, stand in errors. */
export function configFields(json: Json, file: string, prefix = ""): ConfigFields {
  const value = (name: string): unknown => json[name] ?? undefined;
  const fail = (name: string, expected: string, wrong: unknown = json[name]): never => {
    throw new ModelError(`${file}: ${prefix}${name} is ${shown(wrong)}, expected ${expected}`);
  };
  return {
    names: Object.keys(json),
    value,
    fail,
    count: (name, fallback) => {
      const count = value(name) ?? fallback;
      return typeof count === "number" && Number.isInteger(count) && count > 0 && count <= largestCount
        ? count
        : fail(name, `a whole number from 1 to ${largestCount}`, count);
    },
    positive: (name, fallback) => {
      const number = value(name) ?? fallback;
      return typeof number === "number" && Number.isFinite(number) && number > 0
        ? number
        : fail(name, "a positive number", number);
    },
    flag: (name) => {
      const flag = value(name) ?? false;
      return typeof flag === "boolean" ? flag : fail(name, "true or false");
    },
    object: (name) => {
      const object = value(name) ?? {};
      return typeof object === "object" && !Array.isArray(object)
        ? configFields(object as Json, file, `${prefix}${name}.`)
        : fail(name, "an object");
    },
  };
}
