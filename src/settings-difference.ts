/** Settings by their dotted names. */
export type FlatSettings = Readonly<Record<string, string | number | boolean | null>>;

/** `{ a: { b: 1 } }` becomes `{ "a.b": 1 }`; a list stays one value. */
export function flatten(value: Readonly<Record<string, unknown>>, prefix = ""): FlatSettings {
  const entries = Object.entries(value).flatMap(([key, child]): [string, FlatSettings[string]][] => {
    if (child === undefined) {
      return [];
    }
    if (typeof child === "object" && child !== null && !Array.isArray(child)) {
      return Object.entries(flatten(child as Record<string, unknown>, `${prefix}${key}.`));
    }
    const scalar = child === null || ["string", "number", "boolean"].includes(typeof child);
    return [[prefix + key, scalar ? (child as FlatSettings[string]) : JSON.stringify(child)]];
  });
  return Object.fromEntries(entries);
}

/** A setting that is not what it was, with both values in words. */
export interface SettingsDifference {
  name: string;
  before: string;
  now: string;
}

/** The first setting that differs; null if none does. */
export function firstDifference(before: FlatSettings, now: FlatSettings): SettingsDifference | null {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  const name = names.find((each) => before[each] !== now[each]);
  return name === undefined ? null : { name, before: inWords(before[name]), now: inWords(now[name]) };
}

function inWords(value: FlatSettings[string] | undefined): string {
  return value === undefined ? "unset" : JSON.stringify(value);
}
