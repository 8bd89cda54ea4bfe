import { combineScores } from "../algorithms/combine-scores.ts";
import type { Codec } from "../compute/codec.ts";
import type { SampledCompletion } from "../compute/sampler.ts";
import type { Prompt, ScoredGroup } from "../pipeline.ts";
import { scoreRollouts } from "../tasks/score-rollouts.ts";
import type { Task } from "../tasks/task.ts";

/** Decodes the completions of one prompt and has every reward of the task judge them. */
export async function scoreGroup(
  task: Task,
  codec: Codec,
  prompt: Prompt,
  completions: readonly SampledCompletion[],
): Promise<ScoredGroup> {
  const weights = Object.fromEntries(task.rewards.map(({ reward, weight }) => [reward.name, weight]));
  const rollouts = completions.map((completion) => ({
    ...completion,
    text: codec.decode(completion.tokenIds),
  }));
  const scores = await scoreRollouts(task, prompt.problem, rollouts);
  return {
    prompt,
    rollouts: rollouts.map((rollout, index) => ({
      rollout,
      scores: scores[index]!,
      score: combineScores(scores[index]!, weights),
    })),
  };
}
