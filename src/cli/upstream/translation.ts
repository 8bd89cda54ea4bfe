import type { RecipeSource } from "../recipe-source.ts";
import type { TranslatedKey } from "./upstream-keys.ts";

/** A recipe that is made from an upstream one, value by value. */
export interface Translation {
  /** A value by its dotted key and the upstream key that it comes from, in the file or as upstream's default; undefined sets nothing. */
  set(path: string, value: unknown, key: TranslatedKey): void;
  /** A value that the file does not hold, and why it is taken, in words. */
  assume(path: string, value: unknown, reason: string): void;
  /** Something to tell about how the file was read. */
  note(words: string): void;
  readonly notes: readonly string[];
  /** The recipe; each value lies where its upstream key does. */
  source(): RecipeSource;
}

interface Entry {
  path: readonly string[];
  value: unknown;
  origin: string;
}

export function createTranslation(upstream: RecipeSource, has: (key: TranslatedKey) => boolean): Translation {
  const entries: Entry[] = [];
  const notes: string[] = [];
  const origin = (key: TranslatedKey): string =>
    has(key) ? `${upstream.locate([key])} (${key})` : `${upstream.file} (upstream's default of ${key})`;
  return {
    notes,
    note: (words) => notes.push(words),
    set(path, value, key) {
      if (value !== undefined) {
        entries.push({ path: path.split("."), value, origin: origin(key) });
      }
    },
    assume: (path, value, reason) =>
      void entries.push({ path: path.split("."), value, origin: `${upstream.file} (${reason})` }),
    source: () => ({
      file: upstream.file,
      value: nested(entries),
      locate(path) {
        const covers = (outer: readonly PropertyKey[], inner: readonly PropertyKey[]): boolean =>
          outer.every((key, depth) => key === inner[depth]);
        const entry =
          entries.findLast((entry) => covers(entry.path, path)) ??
          (path.length > 0 ? entries.find((entry) => covers(path, entry.path)) : undefined);
        return entry === undefined ? upstream.file : entry.origin;
      },
    }),
  };
}

function nested(entries: readonly Entry[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { path, value } of entries) {
    let section = root;
    for (const key of path.slice(0, -1)) {
      section[key] ??= {};
      section = section[key] as Record<string, unknown>;
    }
    section[path.at(-1)!] = value;
  }
  return root;
}
