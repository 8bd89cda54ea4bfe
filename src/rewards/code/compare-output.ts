import { strip } from "../../python-text.ts";
import type { Compat } from "../compat.ts";

/**
 * Whether a program printed what a test asks for: the same lines, white space around each and around the whole not
 * counted. Upstream compares as many lines as both have, so that what is missing or too much does no harm.
 */
export function outputsAgree(printed: string, expected: string, compat: Compat): boolean {
  const given = lines(strip(unixLines(printed)));
  const wanted = lines(compat === "upstream" ? expected : strip(unixLines(expected)));
  const count = Math.min(given.length, wanted.length);
  if (compat !== "upstream" && given.length !== wanted.length) {
    return false;
  }
  for (let index = 0; index < count; index++) {
    if (given[index] !== wanted[index] && strip(given[index]!) !== strip(wanted[index]!)) {
      return false;
    }
  }
  return true;
}

const lines = (text: string): string[] => text.split("\n");

const unixLines = (text: string): string => text.replaceAll(/\r\n?/g, "\n");
