import type { Problem, Score } from "../pipeline.ts";
import { scoreRollout } from "../rewards/score-rollout.ts";
import { goldCompletion } from "./completion.ts";
import type { ProblemSet, Task } from "./task.ts";

/** A problem whose gold completion does not earn the full reward. */
export interface TaskFault {
  id: string;
  reason: string;
}

/**
 * Grades the gold completions of about `sampleSize` problems of each split, evenly spread: the demonstration, or the
 * reference answer in the task's format. An empty answer means that every reward paid its highest value.
 */
export async function checkTask(task: Task, sampleSize: number): Promise<TaskFault[]> {
  const problems = [...spread(task.train, sampleSize), ...spread(task.heldOut, sampleSize)];
  const faults = await Promise.all(problems.map((problem) => checkProblem(task, problem)));
  return faults.flat();
}

function spread(problems: ProblemSet, sampleSize: number): Problem[] {
  const count = Math.min(sampleSize, problems.size);
  return Array.from({ length: count }, (_, index) =>
    problems.at(Math.floor((index * problems.size) / count)),
  );
}

async function checkProblem(task: Task, problem: Problem): Promise<TaskFault[]> {
  const text = goldCompletion(problem);
  const rewards = task.rewards.map(({ reward }) => reward);
  const scores = await scoreRollout(rewards, problem, {
    text,
    tokenIds: [],
    logprobs: [],
    entropies: [],
    finishReason: "stop",
  });
  return rewards
    .filter(({ name, highest }) => !isFull(scores[name]!, highest))
    .map(({ name, highest }) => ({
      id: problem.id,
      reason: `reward ${name} should pay ${highest} for the gold completion: ${verdict(scores[name]!)}`,
    }));
}

const isFull = (score: Score, highest: number): boolean => score.kind === "value" && score.value === highest;

const verdict = (score: Score): string =>
  score.kind === "value" ? `it paid ${score.value}` : `${score.kind}, ${score.reason}`;
