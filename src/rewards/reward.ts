import type { FinishReason, Problem, Score } from "../pipeline.ts";

/** What a reward sees of one rollout. */
export interface RewardContext {
  problem: Problem;
  completion: string;
  completionTokens: number;
  finishReason: FinishReason;
}

/** A named verdict on one completion. It may throw: the caller turns that into a score of kind `error`. */
export interface Reward {
  readonly name: string;
  /** The value of a perfect completion. */
  readonly highest: number;
  score(context: RewardContext): Score | Promise<Score>;
}
