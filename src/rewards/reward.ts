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
  /**
   * Has it judge a few completions before any work. Throws ConfigError where it cannot be loaded or gives none of them a
   * verdict. Left out by what can always be used.
   */
  prepare?(trial: readonly RewardContext[]): Promise<void>;
}

/** A named verdict on one completion. It may throw: the caller turns that into a score of kind `error`. */
export interface Reward extends RewardFacts {
  score(context: RewardContext): Score | Promise<Score>;
}

/** A named verdict on all completions of one prompt at once: one score a context, in their order. It may throw. */
export interface GroupReward extends RewardFacts {
  scoreGroup(contexts: readonly RewardContext[]): readonly Score[] | Promise<readonly Score[]>;
}

export type AnyReward = Reward | GroupReward;
