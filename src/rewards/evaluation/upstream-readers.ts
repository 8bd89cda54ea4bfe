import { asciiDigits, splitWords, strip } from "../../python-text.ts";
import type { Box } from "../visual/box.ts";

const box = /\[(\p{Nd}+),(\p{Nd}+),(\p{Nd}+),(\p{Nd}+)\]/u;

/** The first `[x1,y1,x2,y2]` in whole numbers. Upstream: `extract_bbox` of `Qwen2_VL_lisa_infere.py`. */
export function firstBracketedBox(text: string): Box | undefined {
  return box
    .exec(text)
    ?.slice(1)
    .map((digits) => Number(asciiDigits(digits))) as unknown as Box | undefined;
}

/** The last two hold two phrases each: a comma is missing behind the first one upstream. */
const prefixes = [
  "The best answer is",
  "The correct answer is",
  "The answer is",
  "The answer",
  "The best option isThe correct option is",
  "Best answer:Best option:",
];

/**
 * The first letter from A to F, or that of the first choice in whose `(A)` the text lies, as the empty text does; empty if
 * there is none. Upstream: `extract_characters_regex` of `evaluate_Qwen2_VL_CVBench.py`.
 */
export function firstChoiceLetter(text: string): string {
  const rest = prefixes.reduce((stripped, prefix) => stripped.replaceAll(prefix, ""), strip(text));
  const letter = /[A-F]/.exec(rest)?.[0];
  if (letter !== undefined || splitWords(rest, 11).length > 10) {
    return letter ?? "";
  }
  return [..."ABCDEF"].find((each) => `(${each})`.toLowerCase().includes(rest.toLowerCase())) ?? "";
}
