import type { Problem, Score } from "../pipeline.ts";
import { scoreGroup } from "../rewards/score-group.ts";
import { goldContext } from "./gold-context.ts";
import { spread } from "./spread.ts";
import type { Task } from "./task.ts";

/** A problem whose gold completion does not earn the full reward. */
export interface TaskFault {
  id: string;
  /** The reward that did not pay its highest value. */
  reward: string;
  /** What it paid; null where it could not tell. */
  paid: number | null;
  reason: string;
}

/**
 * Grades the gold completions of about `sampleSize` problems of each split, evenly spread: the demonstration, or the
 * reference answer in the task's format. An empty answer means that every reward that should paid its highest value.
 */
export async function checkTask(task: Task, sampleSize: number): Promise<TaskFault[]> {
  const problems = [...spread(task.train, sampleSize), ...spread(task.heldOut, sampleSize)];
  const faults = await Promise.all(problems.map((problem) => checkProblem(task, problem)));
  return faults.flat();
}

async function checkProblem(task: Task, problem: Problem): Promise<TaskFault[]> {
  const rewards = task.rewards
    .map(({ reward }) => reward)
    .filter(({ goldEarnsHighest }) => goldEarnsHighest !== false);
  const [scores] = await scoreGroup(rewards, [goldContext(problem)]);
  return rewards
    .filter(({ name, highest }) => !isFull(scores![name]!, highest))
    .map(({ name, highest }) => ({
      id: problem.id,
      reward: name,
      paid: paidBy(scores![name]!),
      reason: `reward ${name} should pay ${highest} for the gold completion: ${verdict(scores![name]!)}`,
    }));
}

const isFull = (score: Score, highest: number): boolean => score.kind === "value" && score.value === highest;

const paidBy = (score: Score): number | null => (score.kind === "value" ? score.value : null);

const verdict = (score: Score): string =>
  score.kind === "value" ? `it paid ${score.value}` : `${score.kind}, ${score.reason}`;
