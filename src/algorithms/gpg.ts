import type { ScoredGroup, TrainingBatch } from "../pipeline.ts";
import { advantages } from "./advantages.ts";
import { completionWeights } from "./aggregation.ts";
import type { Algorithm, WeighedGroups } from "./algorithm.ts";
import { alpha } from "./alpha.ts";
import { checkGpgOptions, type GpgOptions } from "./gpg-options.ts";
import { selectGroups } from "./group-selection.ts";
import { type GroupKind, type GroupStatistics, groupStatistics, hasGradient } from "./group-statistics.ts";
import { zeroLossReason } from "./zero-loss-reason.ts";

/**
 * Group Policy Gradient (arXiv 2504.02546): the reward's distance from its group's mean, corrected for groups without
 * gradient. Throws a `ConfigError` for options that no run could use.
 */
export function createGpg(options: GpgOptions): Algorithm {
  checkGpgOptions(options);
  const read = (group: ScoredGroup) => groupStatistics(group, options);
  return {
    name: "gpg",
    hasEnoughSignal: (sampled, batchSize) =>
      countInformative(sampled.map(read)) >= options.informativeShare * batchSize,
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
  const kinds = statistics.map(({ kind }) => kind);
  const count = (...wanted: GroupKind[]) => kinds.filter((kind) => wanted.includes(kind)).length;
  const trains = informativeGroups > 0 && statistics.some(hasGradient);
  const correction = trains ? alpha(statistics, informativeGroups, options) : 1;
  const advantages_BG = advantages(statistics, options.normalisation).map((each) =>
    each.map((advantage) => (trains ? correction * advantage : 0)),
  );
  const tokens_BG = statistics.map(({ tokens_G }) => tokens_G);
  return {
    batch: spread(groups, completionWeights(advantages_BG, tokens_BG, options)),
    signal: {
      groups: groups.length,
      informativeGroups: count("informative"),
      allRightGroups: count("all-right"),
      allWrongGroups: count("all-wrong"),
      unscoredGroups: count("unscored", "untrainable"),
      alpha: correction,
      zeroLossReason: trains ? null : zeroLossReason(kinds),
    },
  };
}

/** One weight a token from one weight a completion. */
function spread(groups: readonly ScoredGroup[], weights: readonly (readonly number[])[]): TrainingBatch {
  return {
    groups: groups.map(({ prompt, rollouts }, group) => ({
      promptTokenIds: prompt.tokenIds,
      completions: rollouts.map(({ rollout: { tokenIds } }, index) => ({
        tokenIds,
        weights: new Array<number>(tokenIds.length).fill(weights[group]![index]!),
      })),
    })),
  };
}

function countInformative(statistics: readonly GroupStatistics[]): number {
  return statistics.filter(({ kind }) => kind === "informative").length;
}
