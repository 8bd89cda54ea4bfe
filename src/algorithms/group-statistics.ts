import type { Score, ScoredGroup } from "../pipeline.ts";

export const unscoredPolicies = ["mask", "zero"] as const;

/** A completion whose score is not a value: leave it out of everything, or give it the reward 0. */
export type UnscoredPolicy = (typeof unscoredPolicies)[number];

/** How a group is read. */
export interface GroupReading {
  /** The combined reward of a perfect completion: tells groups that are all right from those that are all wrong. */
  highestReward: number;
  /** A group's kind counts rewards as equal up to this standard deviation; 0 compares highest and lowest reward. */
  equalUpTo: number;
  /** Completions cut at the token limit get weight 0 and leave the denominator; their rewards stay in the group's mean. */
  maskTruncated: boolean;
  unscored: UnscoredPolicy;
}

/** What a group has to say: rewards that differ, equal ones, too few of them, or no token that may be trained on. */
export type GroupKind = "informative" | "all-right" | "all-wrong" | "unscored" | "untrainable";

/** One group of G completions. */
export interface GroupStatistics {
  kind: GroupKind;
  /** Null for a completion that is left out of the statistics. */
  rewards_G: readonly (number | null)[];
  /** Completion tokens, which count in the denominator; null for a masked completion. */
  tokens_G: readonly (number | null)[];
  /** Reward minus the group's mean; 0 where the rewards are equal or the completion is masked or empty. */
  centred_G: readonly number[];
  /** Unbiased; 0 below two rewards. */
  standardDeviation: number;
}

export function groupStatistics(group: ScoredGroup, options: GroupReading): GroupStatistics {
  const rewards_G = group.rollouts.map(({ score }) => rewardOf(score, options));
  const tokens_G = group.rollouts.map(({ rollout }, index) =>
    rewards_G[index] === null || (options.maskTruncated && rollout.finishReason === "length")
      ? null
      : rollout.tokenIds.length,
  );
  const rewards = present(rewards_G);
  const differ = rewards.some((reward) => reward !== rewards[0]);
  const mean = differ ? meanOf(rewards) : 0;
  const centred_G = rewards_G.map((reward, index) =>
    differ && reward !== null && tokens_G[index] ? reward - mean : 0,
  );
  const standardDeviation = differ ? unbiasedStandardDeviation(rewards) : 0;
  const equal = !differ || (options.equalUpTo > 0 && standardDeviation <= options.equalUpTo);
  return {
    kind: kindOf(rewards, equal, centred_G, options),
    rewards_G,
    tokens_G,
    centred_G,
    standardDeviation,
  };
}

/** True if the group moves the weights; unlike its kind this does not ask by how much the rewards differ. */
export function hasGradient({ centred_G }: GroupStatistics): boolean {
  return centred_G.some((centred) => centred !== 0);
}

/** Those that are not masked. */
export function present(numbers: readonly (number | null)[]): number[] {
  return numbers.filter((number) => number !== null);
}

/** Divides by n - 1; of at least two numbers. */
export function unbiasedStandardDeviation(values: readonly number[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

function kindOf(
  rewards: readonly number[],
  equal: boolean,
  centred_G: readonly number[],
  { highestReward }: GroupReading,
): GroupKind {
  if (rewards.length < 2) {
    return "unscored";
  }
  if (equal) {
    // A weighted sum of rewards may miss the sum of its highest values by rounding.
    const slack = 1e-9 * Math.max(1, Math.abs(highestReward));
    return rewards[0]! >= highestReward - slack ? "all-right" : "all-wrong";
  }
  return centred_G.some((centred) => centred !== 0) ? "informative" : "untrainable";
}

function rewardOf(score: Score, { unscored }: GroupReading): number | null {
  if (score.kind === "value" && Number.isFinite(score.value)) {
    return score.value;
  }
  return unscored === "zero" ? 0 : null;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
