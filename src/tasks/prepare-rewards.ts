import { goldContext } from "./gold-context.ts";
import { spread } from "./spread.ts";
import type { Task } from "./task.ts";

const triedProblems = 3;

/**
 * Has every reward that comes from outside judge a few gold completions, before any work. Throws ConfigError where one
 * cannot be loaded or gives none of them a verdict.
 */
export async function prepareRewards(task: Task): Promise<void> {
  const trial = spread(task.train, triedProblems).map(goldContext);
  for (const { reward } of task.rewards) {
    await reward.prepare?.(trial);
  }
}
