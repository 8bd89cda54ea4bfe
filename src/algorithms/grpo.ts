import { advantages, usualStabilizer } from "./advantages.ts";
import type { Algorithm } from "./algorithm.ts";
import type { Normalisation } from "./gpg-options.ts";
import { createRatioAlgorithm } from "./ratio-algorithm.ts";
import { type RatioOptions, type RatioSettings, usualRatioSettings } from "./ratio-options.ts";

const normalisations = {
  group: "group-std",
  batch: "batch-std",
  none: "none",
} as const satisfies Record<string, Normalisation>;

/** Whose standard deviation an advantage is divided by, in the words of TRL. */
export type ScaleRewards = keyof typeof normalisations;
export const scalesOfRewards = Object.keys(normalisations) as [ScaleRewards, ...ScaleRewards[]];

export interface GrpoSettings extends RatioSettings {
  scaleRewards: ScaleRewards;
  /** Added to the standard deviation: 1e-4 in TRL, 1e-6 in verl, 1e-8 in oat. */
  scaleEpsilon: number;
}

/** TRL's `loss_type: grpo`, without a reference as TRL since 0.18 and verl have it. */
export const grpoDefaults: GrpoSettings = {
  ...usualRatioSettings,
  scaleRewards: "group",
  scaleEpsilon: usualStabilizer,
  aggregation: "sequences",
};

/** Group relative policy optimization (arXiv 2402.03300): `(r - m) / (s + epsilon)`. */
export function createGrpo(options: RatioOptions<GrpoSettings>): Algorithm {
  return createRatioAlgorithm("grpo", options, grpoAdvantages(options));
}

export function grpoAdvantages({ scaleRewards, scaleEpsilon }: GrpoSettings) {
  return (statistics: Parameters<typeof advantages>[0]): number[][] =>
    advantages(statistics, normalisations[scaleRewards], scaleEpsilon);
}
