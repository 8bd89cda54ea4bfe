import { isUtf8 } from "node:buffer";

const replacement = "\uFFFD";

/** The text of some bytes, or null where they are not UTF-8. */
export function textOf(bytes: Buffer, start = 0, end = bytes.length): string | null {
  const text = bytes.toString("utf8", start, end);
  // Decoding puts the replacement character where it fails; only then are the bytes looked at again.
  return text.includes(replacement) && !isUtf8(bytes.subarray(start, end)) ? null : text;
}
