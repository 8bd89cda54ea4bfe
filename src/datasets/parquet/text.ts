import { textOf } from "../utf8.ts";

/** Stands in a decoded column for text that is not UTF-8. */
export const invalidText = Symbol("text that is not UTF-8");

export type ColumnText = string | typeof invalidText;

/** True if the value or anything within it is invalid text. */
export function holdsInvalidText(value: unknown): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    return value === invalidText;
  }
  return Object.values(value).some(holdsInvalidText);
}

export function textFromBytes(bytes: Uint8Array): ColumnText {
  return textOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? invalidText;
}
