import type { Problem, Rollout, Score } from "../pipeline.ts";
import { scoreRollout as scoreWithRewards } from "../rewards/score-rollout.ts";
import type { Task } from "./task.ts";

/** The verdict of each of the task's rewards on one rollout, by name. Never throws: a reward that does has an `error`. */
export function scoreRollout(task: Task, problem: Problem, rollout: Rollout): Promise<Record<string, Score>> {
  return scoreWithRewards(
    task.rewards.map(({ reward }) => reward),
    problem,
    rollout,
  );
}
