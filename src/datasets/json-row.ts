import { shown } from "../error-text.ts";
import { errorMessage } from "../errors.ts";
import type { ReadRow } from "./row-format.ts";

export const notUtf8 = "not valid UTF-8; convert the file to UTF-8";

/** A row from its JSON, which has to be an object; null stands for bytes that are not UTF-8. */
export function jsonRow(number: number, text: string | null): ReadRow {
  if (text === null) {
    return { number, reason: notUtf8 };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = errorMessage(error).replaceAll(/\s+/g, " ");
    return { number, reason: `not valid JSON (${reason}); correct or remove ${shown(text)}` };
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { number, columns: value as Record<string, unknown> }
    : { number, reason: `expected a JSON object, found ${shown(value)}` };
}
