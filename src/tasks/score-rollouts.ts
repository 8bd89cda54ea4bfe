import type { Problem, Rollout, Score } from "../pipeline.ts";
import { scoreGroup } from "../rewards/score-group.ts";
import type { Task } from "./task.ts";

/** What rewards need to know of a rollout. */
export interface JudgedRollout extends Pick<Rollout, "text" | "finishReason"> {
  tokenIds: { readonly length: number };
}

/**
 * The verdict of each of the task's rewards, by name, on each rollout of one problem. Never throws: a reward that does has
 * scores of kind `error`.
 */
export function scoreRollouts(
  task: Task,
  problem: Problem,
  rollouts: readonly JudgedRollout[],
): Promise<Record<string, Score>[]> {
  return scoreGroup(
    task.rewards.map(({ reward }) => reward),
    rollouts.map(({ text, tokenIds, finishReason }) => ({
      problem,
      completion: text,
      completionTokens: tokenIds.length,
      finishReason,
    })),
  );
}
