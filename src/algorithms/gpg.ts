import type { ScoredGroup } from "../pipeline.ts";
import { advantages } from "./advantages.ts";
import type { Algorithm, WeighedGroups } from "./algorithm.ts";
import { alpha } from "./alpha.ts";
import { checkGpgOptions, type GpgOptions } from "./gpg-options.ts";
import { selectGroups } from "./group-selection.ts";
import { groupSignal } from "./group-signal.ts";
import { type GroupStatistics, groupStatistics, hasGradient } from "./group-statistics.ts";
import { isSilent, weightedBatch } from "./weighted-batch.ts";

/**
 * Group Policy Gradient (arXiv 2504.02546): the reward's distance from its group's mean, corrected for groups without
 * gradient. Throws a `ConfigError` for options that no run could use.
 */
export function createGpg(options: GpgOptions): Algorithm {
  checkGpgOptions(options);
  const read = (group: ScoredGroup) => groupStatistics(group, options);
  return {
    name: "gpg",
    updates: { iterations: 1, minibatches: 1 },
    usesReference: options.beta > 0,
    divergence: "kl",
    hasEnoughSignal: (sampled, batchSize) =>
      countInformative(sampled.map(read)) / batchSize >= options.informativeShare,
    select: (sampled, batchSize) => {
      const withGradient = new Set(sampled.filter((group) => hasGradient(read(group))));
      return selectGroups(sampled, batchSize, (group) => withGradient.has(group), options.surplus);
    },
    weigh: (groups, sampled = groups) =>
      weighGroups(groups, groups.map(read), countInformative(sampled.map(read)), options),
  };
}

function weighGroups(
  groups: readonly ScoredGroup[],
  statistics: readonly GroupStatistics[],
  informativeGroups: number,
  options: GpgOptions,
): WeighedGroups {
  const trains = informativeGroups > 0 && statistics.some(hasGradient);
  const correction = trains ? alpha(statistics, informativeGroups, options) : 1;
  const advantages_BG = advantages(statistics, options.normalisation).map((each) =>
    each.map((advantage) => (trains ? correction * advantage : 0)),
  );
  const batch = weightedBatch(groups, statistics, {
    advantages_BG,
    klCoefficient: correction * options.beta,
    aggregation: options,
  });
  return { batch, signal: groupSignal(statistics, correction, isSilent(batch)) };
}

function countInformative(statistics: readonly GroupStatistics[]): number {
  return statistics.filter(({ kind }) => kind === "informative").length;
}
