import type { Algorithm } from "./algorithm.ts";
import { type GroupStatistics, present } from "./group-statistics.ts";
import { createRatioAlgorithm } from "./ratio-algorithm.ts";
import { type RatioOptions, type RatioSettings, usualRatioSettings } from "./ratio-options.ts";

/** verl's mean over tokens, which is the paper's mean of sums but for a factor that all tokens share. */
export const rlooDefaults: RatioSettings = { ...usualRatioSettings, aggregation: "tokens" };

/** REINFORCE leave-one-out (arXiv 2402.14740): the distance from the mean of the group's other rewards. */
export function createRloo(options: RatioOptions): Algorithm {
  return createRatioAlgorithm("rloo", options, (statistics) => statistics.map(leaveOneOut));
}

/** `r - mean(others)` is `(r - m) * n / (n - 1)`. */
function leaveOneOut({ rewards_G, centred_G }: GroupStatistics): number[] {
  const count = present(rewards_G).length;
  return centred_G.map((centred) => (count > 1 ? (centred * count) / (count - 1) : 0));
}
