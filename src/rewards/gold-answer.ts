import { extractFinalAnswer } from "./final-answer.ts";
import { normalizeNumber } from "./normalize-number.ts";

/** A reference answer that completions can be compared with, or why it is none. */
export type GoldAnswer = { kind: "gold"; value: string } | { kind: "unusable"; reason: string };

const markers = ["<answer>", "</answer>", "\\boxed", "####"];

/**
 * Reads a reference answer, bare or marked as a final answer is (a whole worked solution will do); numbers come in
 * their canonical form. One that is empty, has no letter or digit or a marker without an end is unusable: nothing may
 * ever be called equal to it.
 */
export function readGoldAnswer(text: string): GoldAnswer {
  const value = extractFinalAnswer(text) ?? text.trim();
  if (value === "") {
    return { kind: "unusable", reason: "the reference answer is empty" };
  }
  const marker = markers.find((candidate) => value.includes(candidate));
  if (marker !== undefined) {
    return { kind: "unusable", reason: `the reference answer has ${marker} but no answer that it marks` };
  }
  if (!/[\p{L}\p{N}∞∅]/u.test(value)) {
    return { kind: "unusable", reason: "the reference answer has neither letter nor digit" };
  }
  return { kind: "gold", value: normalizeNumber(value) ?? value };
}
