import { z } from "zod";
import type { Score } from "../pipeline.ts";
import { compat } from "./compat.ts";
import { completionLength, lengthUnit } from "./completion-length.ts";
import { type GradeAnswer, gradeAnswer, gradedAnswer, openR1LengthGrading } from "./graded-answer.ts";
import type { Reward, RewardContext } from "./reward.ts";
import { valueScore } from "./score.ts";

/** Upstream's names: `min_value_wrong` and so on, and `max_len`. */
export const cosineParameters = z.strictObject({
  compat,
  unit: lengthUnit,
  minValueWrong: z.number().default(-1),
  maxValueWrong: z.number().default(-0.5),
  minValueCorrect: z.number().default(0.5),
  maxValueCorrect: z.number().default(1),
  maxLength: z.number().positive().default(1000),
});

type CosineParameters = z.output<typeof cosineParameters>;

/**
 * A right answer earns `maxValueCorrect` at length 0 and, along half a cosine, `minValueCorrect` at `maxLength`; a wrong
 * one `minValueWrong` at 0 and `maxValueWrong` at `maxLength`. Beyond that length nothing changes. Upstream:
 * `get_cosine_scaled_reward`, whose cosine goes on (at twice `maxLength` all is as at 0) and which pays 1 where the
 * reference answer cannot be read.
 */
export function createCosineReward(parameters: CosineParameters, grade: GradeAnswer = gradeAnswer): Reward {
  const score = parameters.compat === "upstream" ? upstreamScore : defaultScore;
  return {
    name: "cosine",
    highest: Math.max(parameters.maxValueCorrect, parameters.minValueCorrect),
    goldEarnsHighest: false,
    score: (context) => score(context, parameters, grade),
  };
}

function defaultScore(context: RewardContext, parameters: CosineParameters, grade: GradeAnswer): Score {
  const graded = gradedAnswer(context.problem.answer, context.completion, grade);
  if (graded.kind === "unscorable") {
    return graded;
  }
  const progress = Math.min(1, completionLength(context, parameters.unit) / parameters.maxLength);
  return valueScore(scaled(progress, graded.right, parameters));
}

function upstreamScore(context: RewardContext, parameters: CosineParameters, grade: GradeAnswer): Score {
  const { verdict } = grade(context.problem.answer, context.completion, openR1LengthGrading);
  if (verdict === "gold-unparseable") {
    return valueScore(1);
  }
  const progress = completionLength(context, parameters.unit) / parameters.maxLength;
  return valueScore(scaled(progress, verdict === "equal", parameters));
}

function scaled(progress: number, right: boolean, parameters: CosineParameters): number {
  const [end, start] = right
    ? [parameters.minValueCorrect, parameters.maxValueCorrect]
    : [parameters.maxValueWrong, parameters.minValueWrong];
  return end + 0.5 * (start - end) * (1 + Math.cos(progress * Math.PI));
}
