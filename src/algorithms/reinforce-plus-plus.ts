import type { Algorithm } from "./algorithm.ts";
import type { GroupStatistics } from "./group-statistics.ts";
import { createRatioAlgorithm } from "./ratio-algorithm.ts";
import { type RatioOptions, type RatioSettings, usualRatioSettings } from "./ratio-options.ts";

export const reinforceBaselines = ["batch", "group"] as const;

export interface ReinforcePlusPlusSettings extends RatioSettings {
  /** What is subtracted before whitening: nothing, or the group's mean (`reinforce_plus_plus_baseline` of verl). */
  baseline: (typeof reinforceBaselines)[number];
}

export const reinforcePlusPlusDefaults: ReinforcePlusPlusSettings = {
  ...usualRatioSettings,
  baseline: "batch",
  aggregation: "tokens",
};

/** Added to the variance, as in verl. */
const stabilizer = 1e-8;

/**
 * REINFORCE++ (arXiv 2501.03262) with one reward at a completion's end and no discount: rewards whitened over all tokens
 * of the batch. The KL term is in the loss, not in the reward.
 */
export function createReinforcePlusPlus(options: RatioOptions<ReinforcePlusPlusSettings>): Algorithm {
  return createRatioAlgorithm("reinforce++", options, (statistics) =>
    whitened(
      statistics.map(({ rewards_G, centred_G }) => (options.baseline === "batch" ? rewards_G : centred_G)),
      statistics,
    ),
  );
}

/** `(x - mean) / sqrt(variance + 1e-8)`, each completion as often as it has tokens; 0 for masked ones. */
function whitened(
  values_BG: readonly (readonly (number | null)[])[],
  statistics: readonly GroupStatistics[],
): number[][] {
  const weighted = values_BG.flatMap((values_G, group) =>
    values_G.map((value, index) => ({
      value: value ?? 0,
      tokens: value === null ? 0 : (statistics[group]!.tokens_G[index] ?? 0),
    })),
  );
  const counted = weighted.filter(({ tokens }) => tokens > 0);
  const differ = counted.some(({ value }) => value !== counted[0]!.value);
  const total = counted.reduce((sum, { tokens }) => sum + tokens, 0);
  const mean = counted.reduce((sum, { value, tokens }) => sum + value * tokens, 0) / total;
  const squares = counted.reduce((sum, { value, tokens }) => sum + tokens * (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (total - 1) + stabilizer);
  return values_BG.map((values_G, group) =>
    values_G.map((value, index) =>
      differ && value !== null && statistics[group]!.tokens_G[index] ? (value - mean) / deviation : 0,
    ),
  );
}
