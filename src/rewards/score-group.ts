import type { Score } from "../pipeline.ts";
import { checkedScore, checkedScores, failedScore } from "./checked-score.ts";
import type { AnyReward, Reward, RewardContext } from "./reward.ts";

/**
 * Each reward's verdict, by name, on each completion of a group. Never throws: a reward that does, or that answers with
 * anything but scores with finite values, has scores of kind `error`.
 */
export async function scoreGroup(
  rewards: readonly AnyReward[],
  contexts: readonly RewardContext[],
): Promise<Record<string, Score>[]> {
  const verdicts = await Promise.all(
    rewards.map(async (reward) => ({ name: reward.name, scores: await scoresOf(reward, contexts) })),
  );
  return contexts.map((_, index) =>
    Object.fromEntries(verdicts.map(({ name, scores }) => [name, scores[index]!])),
  );
}

/** One reward's verdict on each completion of a group. Never throws. */
export async function scoresOf(reward: AnyReward, contexts: readonly RewardContext[]): Promise<Score[]> {
  if (!("scoreGroup" in reward)) {
    return Promise.all(contexts.map((context) => scoreOf(reward, context)));
  }
  try {
    return checkedScores(reward.name, await reward.scoreGroup(contexts), contexts.length);
  } catch (error) {
    return contexts.map(() => failedScore(reward.name, error));
  }
}

/** A reward's verdict on one completion. Never throws. */
export async function scoreOf(reward: Reward, context: RewardContext): Promise<Score> {
  try {
    return checkedScore(reward.name, await reward.score(context));
  } catch (error) {
    return failedScore(reward.name, error);
  }
}
