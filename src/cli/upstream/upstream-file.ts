import { shown } from "../../error-text.ts";
import { ConfigError } from "../../errors.ts";
import { isSection, type RecipeSource } from "../recipe-source.ts";
import type { TranslatedKey } from "./upstream-keys.ts";

/**
 * Reads the values of an upstream recipe as its scripts do, which take them from a command line too: numbers and switches
 * may be text. Each function gives undefined for a key that is absent or null, and throws ConfigError naming line, key
 * and value for one of another kind.
 */
export interface UpstreamFile {
  readonly source: RecipeSource;
  readonly keys: readonly string[];
  /** Those that were asked for so far. */
  readonly read: ReadonlySet<string>;
  has(key: TranslatedKey): boolean;
  number(key: TranslatedKey): number | undefined;
  whole(key: TranslatedKey): number | undefined;
  flag(key: TranslatedKey): boolean | undefined;
  text(key: TranslatedKey): string | undefined;
  list(key: TranslatedKey): string[] | undefined;
  section(key: TranslatedKey): Record<string, unknown> | undefined;
  /** The error for a value that is read but cannot be used. */
  refuse(key: TranslatedKey, expected: string): ConfigError;
}

const switches: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, t: true, y: true, "1": true },
  ...{ false: false, no: false, off: false, f: false, n: false, "0": false },
};

export function createUpstreamFile(source: RecipeSource): UpstreamFile {
  const values = isSection(source.value) ? source.value : {};
  const read = new Set<string>();
  const given = (key: string): unknown => {
    read.add(key);
    return Object.hasOwn(values, key) ? (values[key] ?? undefined) : undefined;
  };
  const refuse = (key: TranslatedKey, expected: string): ConfigError =>
    new ConfigError(`${source.locate([key])}: ${key} is ${shown(values[key])}; expected ${expected}`);
  const reader =
    <Value>(expected: string, convert: (value: unknown) => Value | undefined) =>
    (key: TranslatedKey): Value | undefined => {
      const value = given(key);
      if (value === undefined) {
        return undefined;
      }
      const converted = convert(value);
      if (converted === undefined) {
        throw refuse(key, expected);
      }
      return converted;
    };
  return {
    source,
    keys: Object.keys(values),
    read,
    has: (key) => given(key) !== undefined,
    number: reader("a number", numberOf),
    whole: reader("a whole number", (value) => {
      const number = numberOf(value);
      return Number.isSafeInteger(number) ? number : undefined;
    }),
    flag: reader("true or false", (value) =>
      typeof value === "boolean" ? value : switches[String(value).toLowerCase()],
    ),
    text: reader("text", textOf),
    list: reader("a list of text", (value) => {
      const texts = [value].flat().map(textOf);
      return texts.includes(undefined) ? undefined : (texts as string[]);
    }),
    section: reader("a section", sectionOf),
    refuse,
  };
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value.trim())) {
    return Number(value);
  }
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** On a command line, a section is JSON. */
function sectionOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "string") {
    return isSection(value) ? value : undefined;
  }
  try {
    const parsed: unknown = JSON.parse(value);
    return isSection(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
