import { strip, whiteSpace } from "../python-text.ts";

const opening = "<answer>";
const closing = "</answer>";

/**
 * What stands in the first `<answer>...</answer>`, which must lie on one line unless it may go across lines. Linear in the
 * text.
 */
export function firstTagged(text: string, acrossLines = false): string | undefined {
  let close = -1;
  let lineEnd = -1;
  for (let open = text.indexOf(opening); open >= 0; open = text.indexOf(opening, open + 1)) {
    const start = open + opening.length;
    close = close < start ? text.indexOf(closing, start) : close;
    if (close < 0) {
      return undefined;
    }
    lineEnd = lineEnd < start ? indexOrEnd(text, "\n", start) : lineEnd;
    if (acrossLines || close < lineEnd) {
      return text.slice(start, close);
    }
  }
  return undefined;
}

/** As upstream's visual rewards read an answer: in tags on one line, or else the whole text; stripped. */
export function taggedOrWhole(text: string, acrossLines = false): string {
  return strip(firstTagged(text, acrossLines) ?? text);
}

const space = new RegExp(`[${whiteSpace}]`);

/**
 * What stands on one line in the first `<answer>...</answer>`, white space and line ends around it not counted. Linear in
 * the text.
 */
export function firstTaggedLine(text: string): string | undefined {
  let close = -1;
  let end = -1;
  let lineEnd = -1;
  for (let open = text.indexOf(opening); open >= 0; open = text.indexOf(opening, open + 1)) {
    let start = open + opening.length;
    if (close < start) {
      close = text.indexOf(closing, start);
      if (close < 0) {
        return undefined;
      }
      end = close;
      while (end > start && space.test(text[end - 1]!)) {
        end--;
      }
    }
    while (start < end && space.test(text[start]!)) {
      start++;
    }
    lineEnd = lineEnd < start ? indexOrEnd(text, "\n", start) : lineEnd;
    if (lineEnd >= end) {
      return text.slice(start, Math.max(start, end));
    }
  }
  return undefined;
}

function indexOrEnd(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}
