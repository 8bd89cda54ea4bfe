import type { Score, ScoredRollout } from "../pipeline.ts";

/** Means over the rollouts that got a value; null, or no entry, where none did. */
export interface RewardMeans {
  /** Of the weighted sum of the rewards. */
  reward: number | null;
  /** Of each reward, by its name. */
  rewards: Record<string, number>;
}

export function rewardMeans(rollouts: readonly ScoredRollout[]): RewardMeans {
  const rewards: Record<string, number> = {};
  for (const name of new Set(rollouts.flatMap(({ scores }) => Object.keys(scores)))) {
    const found = valuesOf(rollouts.map(({ scores }) => scores[name]));
    if (found.length > 0) {
      rewards[name] = mean(found);
    }
  }
  const combined = valuesOf(rollouts.map(({ score }) => score));
  return { reward: combined.length > 0 ? mean(combined) : null, rewards };
}

function valuesOf(scores: readonly (Score | undefined)[]): number[] {
  return scores.flatMap((score) => (score?.kind === "value" ? [score.value] : []));
}

/** Of at least one number. */
export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
