import type { GpgSettings } from "./gpg-options.ts";
import { type GroupStatistics, hasGradient, present } from "./group-statistics.ts";

/**
 * The inverse of the share of the batch that carries signal, a share that never exceeds 1.
 * @param groups the groups to train on, at least one of which has a gradient
 * @param informativeGroups informative groups among all that were sampled for the step
 */
export function alpha(
  groups: readonly GroupStatistics[],
  informativeGroups: number,
  settings: Pick<GpgSettings, "alpha" | "inverseAlphaOffset">,
): number {
  return settings.alpha === "off"
    ? 1
    : alphaFromShare(shareOf(groups, informativeGroups, settings.alpha), settings.inverseAlphaOffset);
}

export function alphaFromShare(share: number, inverseAlphaOffset: number): number {
  return 1 / (Math.min(1, share) + inverseAlphaOffset);
}

function shareOf(
  groups: readonly GroupStatistics[],
  informativeGroups: number,
  correction: Exclude<GpgSettings["alpha"], "off">,
): number {
  switch (correction) {
    case "groups":
      // A group that is masked as a whole is absent from the denominator too, so it needs no correction.
      return informativeGroups / groups.filter(({ tokens_G }) => present(tokens_G).length > 0).length;
    case "tokens":
      return tokens(groups.filter(hasGradient)) / tokens(groups);
    case "nonzero-rewards": {
      const rewards = groups.flatMap(({ rewards_G }) => present(rewards_G));
      return rewards.filter((reward) => reward !== 0).length / rewards.length;
    }
  }
}

function tokens(groups: readonly GroupStatistics[]): number {
  return groups.flatMap(({ tokens_G }) => present(tokens_G)).reduce((total, count) => total + count, 0);
}
