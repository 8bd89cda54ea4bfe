import type { ScoredGroup } from "../pipeline.ts";
import type { Algorithm } from "./algorithm.ts";
import { groupSignal } from "./group-signal.ts";
import { type GroupStatistics, groupStatistics } from "./group-statistics.ts";
import { checkRatioOptions, type RatioOptions } from "./ratio-options.ts";
import { isSilent, weightedBatch } from "./weighted-batch.ts";

/**
 * GRPO and its kin: advantages [group][completion] in a clipped ratio, with a KL term where `beta` is above 0. Trains on
 * the groups as they were sampled. Throws a `ConfigError` for options that no run could use.
 */
export function createRatioAlgorithm(
  name: string,
  options: RatioOptions,
  advantagesOf: (statistics: readonly GroupStatistics[]) => number[][],
): Algorithm {
  checkRatioOptions(name, options);
  const { clipLow, clipHigh, beta, divergence, numIterations, minibatches } = options;
  return {
    name,
    updates: { iterations: numIterations, minibatches },
    usesReference: beta > 0,
    divergence,
    hasEnoughSignal: () => true,
    select: (sampled, batchSize) => sampled.slice(0, batchSize),
    weigh: (groups) => {
      const statistics = groups.map((group) => readGroup(group, options));
      const batch = weightedBatch(groups, statistics, {
        advantages_BG: advantagesOf(statistics),
        klCoefficient: beta,
        aggregation: options,
        loss: { name: "clipped-ratio", clip: { low: clipLow, high: clipHigh } },
      });
      return { batch, signal: groupSignal(statistics, 1, isSilent(batch)) };
    },
  };
}

/** Rewards are equal only if they are the same number. */
export function readGroup(group: ScoredGroup, options: RatioOptions): GroupStatistics {
  return groupStatistics(group, { ...options, equalUpTo: 0 });
}
