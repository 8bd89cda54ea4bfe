import { asciiDigits, strip } from "../../python-text.ts";

const digits = "[0-9](?:_?[0-9])*";
const decimal = new RegExp(`^[-+]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[-+]?${digits})?$`, "i");
const special = /^[-+]?(?:inf(?:inity)?|nan)$/i;

/** Python's `float()` of a value from JSON; undefined where Python raises. */
export function pythonFloat(value: unknown): number | undefined {
  if (typeof value === "number" || typeof value === "boolean") {
    return Number(value);
  }
  if (typeof value !== "string") {
    return undefined;
  }
  const text = asciiDigits(strip(value));
  if (special.test(text)) {
    const size = /nan/i.test(text) ? Number.NaN : Number.POSITIVE_INFINITY;
    return text.startsWith("-") ? -size : size;
  }
  return decimal.test(text) ? Number(text.replaceAll("_", "")) : undefined;
}
