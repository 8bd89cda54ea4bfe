import type { Score } from "../../src/pipeline.ts";
import { createReward } from "../../src/rewards/registry.ts";
import type { RewardContext } from "../../src/rewards/reward.ts";
import { scoresOf } from "../../src/rewards/score-group.ts";

export function contextOf(answer: string, completion: string, completionTokens = 1): RewardContext {
  const problem = { id: "x", prompt: "", answer, columns: {} };
  return { problem, completion, completionTokens, finishReason: "stop" };
}

/** The scores of completions as one group. */
export async function judged(
  name: string,
  parameters: object,
  contexts: readonly RewardContext[],
): Promise<Score[]> {
  return scoresOf(createReward(name, parameters), contexts);
}

/** What one completion earns; the kind of a score that is no value. */
export async function earned(
  name: string,
  parameters: object,
  answer: string,
  completion: string,
  tokens?: number,
): Promise<number | string> {
  const [score] = await judged(name, parameters, [contextOf(answer, completion, tokens)]);
  return score!.kind === "value" ? score!.value : score!.kind;
}
