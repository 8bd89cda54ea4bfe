import { z } from "zod";
import type { Score } from "../pipeline.ts";
import { compat } from "./compat.ts";
import { completionLength, lengthUnit } from "./completion-length.ts";
import { type GradeAnswer, gradeAnswer, gradedAnswer, openR1LengthGrading } from "./graded-answer.ts";
import type { GroupReward, RewardContext } from "./reward.ts";
import { type Unscorable, valueScore } from "./score.ts";

export const lengthParameters = z.strictObject({ compat, unit: lengthUnit });

/**
 * Kimi k1.5's length reward (arXiv 2501.12599): with l = 1/2 - (length - shortest) / (longest - shortest) over the group,
 * right answers earn l and wrong ones min(0, l); all 0 where all lengths are equal. Upstream: `len_reward`, which takes
 * an unreadable reference answer for a right answer.
 */
export function createLengthReward(
  { compat, unit }: z.output<typeof lengthParameters>,
  grade: GradeAnswer = gradeAnswer,
): GroupReward {
  const isRight = compat === "upstream" ? upstreamVerdict(grade) : defaultVerdict(grade);
  return {
    name: "length",
    highest: 0.5,
    goldEarnsHighest: false,
    scoreGroup: (contexts) => {
      const lengths = contexts.map((context) => completionLength(context, unit));
      const shortest = lengths.reduce((least, length) => Math.min(least, length), Number.POSITIVE_INFINITY);
      const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
      return contexts.map((context, index): Score => {
        const right = isRight(context);
        if (typeof right !== "boolean") {
          return right;
        }
        if (longest === shortest) {
          return valueScore(0);
        }
        const share = 0.5 - (lengths[index]! - shortest) / (longest - shortest);
        return valueScore(right ? share : Math.min(0, share));
      });
    },
  };
}

type Verdict = (context: RewardContext) => boolean | Unscorable;

function defaultVerdict(grade: GradeAnswer): Verdict {
  return ({ problem, completion }) => {
    const graded = gradedAnswer(problem.answer, completion, grade);
    return graded.kind === "graded" ? graded.right : graded;
  };
}

function upstreamVerdict(grade: GradeAnswer): Verdict {
  return ({ problem, completion }) => {
    const { verdict } = grade(problem.answer, completion, openR1LengthGrading);
    return verdict === "equal" || verdict === "gold-unparseable";
  };
}
