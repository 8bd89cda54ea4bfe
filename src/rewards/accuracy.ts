import { extractFinalAnswer } from "./final-answer.ts";
import { readGoldAnswer } from "./gold-answer.ts";
import { normalizeNumber } from "./normalize-number.ts";
import type { Reward } from "./reward.ts";

/**
 * 1 if the completion's final answer equals the reference answer, as numbers or else as text, and 0 if not. An unusable
 * reference answer is unscorable. (Upstream's accuracy rewards pay 1 there.)
 */
export function createAccuracyReward(): Reward {
  return {
    name: "accuracy",
    highest: 1,
    score: ({ problem, completion }) => {
      const gold = readGoldAnswer(problem.answer);
      if (gold.kind === "unusable") {
        return { kind: "unscorable", reason: gold.reason };
      }
      const answer = extractFinalAnswer(completion) ?? "";
      const equal = (normalizeNumber(answer) ?? answer) === gold.value;
      return { kind: "value", value: equal ? 1 : 0 };
    },
  };
}
