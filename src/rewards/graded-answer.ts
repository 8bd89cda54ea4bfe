import { extractFinalAnswer } from "./final-answer.ts";
import { readGoldAnswer } from "./gold-answer.ts";
import { openR1AccuracyGrading } from "./math/upstream-readings.ts";
import { gradeMath, type MathGrade, type MathGradingOptions } from "./math-equal.ts";
import { type Unscorable, unscorable } from "./score.ts";

/** `gradeMath`, or what stands in for it. */
export type GradeAnswer = (gold: string, completion: string, options?: MathGradingOptions) => MathGrade;

export const gradeAnswer: GradeAnswer = gradeMath;

/** Whether a completion is right, or the score that says why nobody can tell. */
export type GradedAnswer = { kind: "graded"; right: boolean } | Unscorable;

/**
 * Grades by what is right. Nothing ever equals a reference answer that is none, and a final answer that is the reference
 * answer letter for letter is right whatever mathematics makes of the two.
 */
export function gradedAnswer(gold: string, completion: string, grade: GradeAnswer): GradedAnswer {
  const reference = readGoldAnswer(gold);
  if (reference.kind === "unusable") {
    return unscorable(reference.reason);
  }
  if (extractFinalAnswer(completion) === reference.value) {
    return { kind: "graded", right: true };
  }
  const { verdict } = grade(reference.value, completion);
  return verdict === "gold-unparseable"
    ? unscorable("the reference answer cannot be read")
    : { kind: "graded", right: verdict === "equal" };
}

/** How open-r1's `len_reward` and `get_cosine_scaled_reward` read: as `accuracy_reward`, but a box inside `$...$` stays closed. */
export const openR1LengthGrading: MathGradingOptions = {
  ...openR1AccuracyGrading,
  completion: {
    ...openR1AccuracyGrading.completion,
    targets: openR1AccuracyGrading.completion?.targets?.map((target) =>
      target.kind === "latex" ? { ...target, cleaning: { ...target.cleaning, boxed: "none" } } : target,
    ),
  },
};
