import type { FlatValues } from "./flatten.ts";

/** A setting that is not what it was, with both values in words. */
export interface SettingsDifference {
  name: string;
  before: string;
  now: string;
}

/** The first setting that differs; null if none does. */
export function firstDifference(before: FlatValues, now: FlatValues): SettingsDifference | null {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  const name = names.find((each) => before[each] !== now[each]);
  return name === undefined ? null : { name, before: inWords(before[name]), now: inWords(now[name]) };
}

function inWords(value: FlatValues[string] | undefined): string {
  return value === undefined ? "unset" : JSON.stringify(value);
}
