import type { FinishReason, Problem, Score } from "../pipeline.ts";

/** What a reward sees of one rollout. */
export interface RewardContext {
  problem: Problem;
  completion: string;
  completionTokens: number;
  finishReason: FinishReason;
}

/** What is known of a reward before it has judged anything. */
export interface RewardFacts {
  readonly name: string;
  /** The value of a perfect completion. */
  readonly highest: number;
  /** False where a reference answer by itself need not earn `highest`; true if left out. */
  readonly goldEarnsHighest?: boolean;
}

/**
 * A named verdict on completions. It may throw: the caller turns that into a score of kind `error`. Contexts and scores
 * are plain data, so that both can cross to a worker, where the registry makes the same reward from its name and
 * parameters.
 */
export interface Reward {
  readonly name: string;
  /** The value of a perfect completion. */
  readonly highest: number;
  /** Where the verdict depends on the other completions of a group, the verdict on this one as a group of its own. */
  score(context: RewardContext): Score | Promise<Score>;
  /**
   * For a reward that compares the completions of one prompt with each other: one score each, in their order. Called
   * instead of `score` with whole groups.
   */
  scoreGroup?(contexts: readonly RewardContext[]): readonly Score[] | Promise<readonly Score[]>;
}
