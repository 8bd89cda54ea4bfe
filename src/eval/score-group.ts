import { combineScores } from "../algorithms/combine-scores.ts";
import type { Codec } from "../compute/codec.ts";
import type { SampledCompletion } from "../compute/sampler.ts";
import type { Prompt, ScoredGroup, ScoredRollout } from "../pipeline.ts";
import { scoreRollout } from "../tasks/score-rollout.ts";
import type { Task } from "../tasks/task.ts";

/** Decodes the completions of one prompt and has every reward of the task judge each of them. */
export async function scoreGroup(
  task: Task,
  codec: Codec,
  prompt: Prompt,
  completions: readonly SampledCompletion[],
): Promise<ScoredGroup> {
  const weights = Object.fromEntries(task.rewards.map(({ reward, weight }) => [reward.name, weight]));
  const rollouts = completions.map(async (completion): Promise<ScoredRollout> => {
    const rollout = { ...completion, text: codec.decode(completion.tokenIds) };
    const scores = await scoreRollout(task, prompt.problem, rollout);
    return { rollout, scores, score: combineScores(scores, weights) };
  });
  return { prompt, rollouts: await Promise.all(rollouts) };
}
