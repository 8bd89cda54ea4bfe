import { shown } from "../error-text.ts";
import { errorMessage } from "../errors.ts";
import type { Problem, Rollout, Score } from "../pipeline.ts";
import type { Reward, RewardContext } from "./reward.ts";

/**
 * Each reward's verdict on one rollout, by name. Never throws: a reward that does, or that answers with anything but a
 * score with a finite value, has a score of kind `error`.
 */
export async function scoreRollout(
  rewards: readonly Reward[],
  problem: Problem,
  rollout: Rollout,
): Promise<Record<string, Score>> {
  const context: RewardContext = {
    problem,
    completion: rollout.text,
    completionTokens: rollout.tokenIds.length,
    finishReason: rollout.finishReason,
  };
  const entries = rewards.map(async (reward) => [reward.name, await safeScore(reward, context)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function safeScore(reward: Reward, context: RewardContext): Promise<Score> {
  try {
    const score = await reward.score(context);
    return isScore(score)
      ? score
      : { kind: "error", reason: `reward ${reward.name} gave ${shownScore(score)}, not a score` };
  } catch (error) {
    return { kind: "error", reason: `reward ${reward.name} failed: ${errorMessage(error)}` };
  }
}

function isScore(score: unknown): score is Score {
  if (typeof score !== "object" || score === null || !("kind" in score)) {
    return false;
  }
  return score.kind === "value"
    ? "value" in score && Number.isFinite(score.value)
    : ["unscorable", "timeout", "error"].includes(String(score.kind));
}

/** JSON writes NaN and infinities as null. */
function shownScore(score: unknown): string {
  const value = (score as { value?: unknown } | null)?.value;
  return typeof value === "number" ? `the value ${value}` : shown(score);
}
