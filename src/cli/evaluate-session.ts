import { ConfigError } from "../errors.ts";
import { type EvaluateOptions, evaluate, greedy } from "../eval/evaluate.ts";
import type { Metrics, Problem, Score } from "../pipeline.ts";
import { promptWithinLimit } from "../trainer/draw-prompts.ts";
import type { Session } from "./run-session.ts";

/** A held-out problem and what the model made of it. */
export interface EvaluatedProblem {
  problem: Problem;
  completion: string;
  score: Score;
  scores: Readonly<Record<string, Score>>;
}

/** Greedy completions of the first `count` held-out problems, scored. */
export async function evaluateSession(
  { recipe, task, backend }: Session,
  count: number,
  warn: (message: string) => void,
  onProgress?: EvaluateOptions["onProgress"],
): Promise<{ results: EvaluatedProblem[]; metrics: Metrics; seconds: number }> {
  const size = Math.min(count, task.heldOut.size);
  if (size === 0) {
    throw new ConfigError(
      count === 0
        ? "evaluate.problems is 0; give --problems N"
        : `task ${task.name} has no held-out problems; give it a held-out file or share`,
    );
  }
  const { sampler, codec } = backend;
  const problems = Array.from({ length: size }, (_, index) => task.heldOut.at(index)).filter(
    (problem) => promptWithinLimit(codec, problem, recipe.train, warn) !== null,
  );
  const start = performance.now();
  const { results, metrics } = await evaluate({
    sampler,
    codec,
    task,
    problems,
    sampling: greedy(recipe.sampling),
    seed: recipe.seed,
    ...(onProgress && { onProgress }),
  });
  return {
    results: results.flatMap(({ prompt, rollouts }) =>
      rollouts.map(({ rollout, score, scores }) => ({
        problem: prompt.problem,
        completion: rollout.text,
        score,
        scores,
      })),
    ),
    metrics,
    seconds: (performance.now() - start) / 1000,
  };
}
