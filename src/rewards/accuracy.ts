import { z } from "zod";
import type { Score } from "../pipeline.ts";
import { type Compat, compat } from "./compat.ts";
import { type GradeAnswer, gradeAnswer, gradedAnswer } from "./graded-answer.ts";
import { openR1AccuracyGrading, openR1Lv35Gold, openR1Lv35Grading } from "./math/upstream-readings.ts";
import type { MathGradingOptions } from "./math-equal.ts";
import type { Reward, RewardContext } from "./reward.ts";
import { valueScore } from "./score.ts";
import { taggedOrWhole } from "./tagged-answer.ts";

/** `project` chooses among upstream's two; without `compat` it changes nothing. */
export const accuracyParameters = z.strictObject({
  compat,
  project: z.enum(["open-r1", "r1-v"]).default("open-r1"),
});

export const accuracyLv35Parameters = z.strictObject({ compat });

/**
 * 1 if the completion's final answer equals the reference answer, 0 if not; an unusable reference answer is unscorable.
 * Upstream: `accuracy_reward` of open-r1, which pays 1 there, and of R1-V.
 */
export function createAccuracyReward(
  { compat, project }: z.output<typeof accuracyParameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  const upstream = project === "open-r1" ? openR1Accuracy(openR1AccuracyGrading, grade) : r1vAccuracy(grade);
  return accuracyReward("accuracy", compat, upstream, grade);
}

/** As `accuracy`; upstream's `accuracy_reward_lv35` of open-r1 differs from its `accuracy_reward` in how it reads gold. */
export function createAccuracyLv35Reward(
  { compat }: z.output<typeof accuracyLv35Parameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  const read: GradeAnswer = (gold, completion, options) => grade(openR1Lv35Gold(gold), completion, options);
  return accuracyReward("accuracy_lv35", compat, openR1Accuracy(openR1Lv35Grading, read), grade);
}

type Upstream = (gold: string, completion: string) => number;

function accuracyReward(name: string, compat: Compat, upstream: Upstream, grade: GradeAnswer): Reward {
  const score = ({ problem, completion }: RewardContext): Score => {
    const graded = gradedAnswer(problem.answer, completion, grade);
    return graded.kind === "graded" ? valueScore(graded.right ? 1 : 0) : graded;
  };
  return {
    name,
    highest: 1,
    score:
      compat === "upstream"
        ? ({ problem, completion }) => valueScore(upstream(problem.answer, completion))
        : score,
  };
}

function openR1Accuracy(options: MathGradingOptions, grade: GradeAnswer): Upstream {
  return (gold, completion) => {
    const { verdict } = grade(gold, completion, options);
    return verdict === "equal" || verdict === "gold-unparseable" ? 1 : 0;
  };
}

function r1vAccuracy(grade: GradeAnswer): Upstream {
  return (gold, completion) =>
    equalAsUpstreamReads(gold, completion, grade) || taggedOrWhole(completion) === taggedOrWhole(gold)
      ? 1
      : 0;
}

/** The symbolic check that upstream's visual rewards begin with: both texts read as a whole, `verify(completion, gold)`. */
export function equalAsUpstreamReads(gold: string, completion: string, grade: GradeAnswer): boolean {
  return grade(gold, completion, { compat: "math-verify", order: "completion-first" }).verdict === "equal";
}
