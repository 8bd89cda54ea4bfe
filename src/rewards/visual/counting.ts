import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { asciiDigits, whiteSpace } from "../../python-text.ts";
import { compat } from "../compat.ts";
import { extractFinalAnswer } from "../final-answer.ts";
import { readGoldAnswer } from "../gold-answer.ts";
import { normalizeNumber } from "../normalize-number.ts";
import type { Reward } from "../reward.ts";
import { unscorable, valueScore } from "../score.ts";

export const countingParameters = z.strictObject({ compat });

/**
 * 1 if the completion's final answer is the whole number that the reference answer is, 0 if not. Upstream: R1-V's
 * evaluation on SuperCLEVR, which reads the first number alone in answer tags.
 */
export function createCountingReward({ compat }: z.output<typeof countingParameters>): Reward {
  const read = compat === "upstream" ? taggedCount : statedCount;
  return {
    name: "counting",
    highest: 1,
    score: ({ problem, completion }): Score => {
      const gold = readGoldAnswer(taggedCount(problem.answer) ?? problem.answer);
      return gold.kind === "gold" && /^[0-9]+$/.test(gold.value)
        ? valueScore(read(completion) === gold.value ? 1 : 0)
        : unscorable(`the reference answer is not a whole number: ${problem.answer}`);
    },
  };
}

const tagged = new RegExp(`<answer>[${whiteSpace}]*(\\p{Nd}+)[${whiteSpace}]*</answer>`, "u");

/** The digits of the first number that stands alone in answer tags, without leading zeros. */
export function taggedCount(text: string): string | undefined {
  const digits = tagged.exec(text)?.[1];
  return digits && asciiDigits(digits).replace(/^0+(?=.)/, "");
}

/** The final answer's number in its canonical form. */
export function statedCount(text: string): string | undefined {
  const answer = extractFinalAnswer(text);
  return answer === undefined ? undefined : normalizeNumber(answer);
}
