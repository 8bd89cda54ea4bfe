import { ConfigError } from "../errors.ts";
import { type AggregationSettings, aggregations, checkAggregation } from "./aggregation.ts";
import { type UnscoredPolicy, unscoredPolicies } from "./group-statistics.ts";

/** The values that each setting made of names can have. */
export const gpgChoices = {
  normalisation: ["none", "group-std", "batch-std"],
  alpha: ["groups", "tokens", "nonzero-rewards", "off"],
  surplus: ["keep-oldest", "keep-newest"],
  aggregation: aggregations,
  unscored: unscoredPolicies,
} as const;

/** F in `A = alpha * (r - m) / F`: 1, or the unbiased standard deviation of the group or of the whole batch plus 1e-4. */
export type Normalisation = (typeof gpgChoices.normalisation)[number];

/**
 * The correction for what has no gradient but counts in the mean: all groups over informative groups, completion tokens
 * of all groups over those of informative groups, completions over completions whose reward is not 0 (as verl
 * estimates it), or 1. The two first agree where completions are equally long.
 */
export type AlphaCorrection = (typeof gpgChoices.alpha)[number];

/** Which informative groups stay when resampling found more than a batch: the first or the last that were sampled. */
export type SurplusPolicy = (typeof gpgChoices.surplus)[number];

export interface GpgSettings extends AggregationSettings {
  normalisation: Normalisation;
  alpha: AlphaCorrection;
  /** Added to the share whose inverse is alpha. */
  inverseAlphaOffset: number;
  /** In alpha and `informativeShare`, a group counts as equal up to this standard deviation; 0 compares highest and lowest reward. */
  equalUpTo: number;
  /** beta_th: sample more prompts while informative groups are fewer than this share of the batch. Above 1 it oversamples. */
  informativeShare: number;
  /** Batches a step may sample beyond the first; the trainer enforces it. A step then trains on what was found. */
  maxResampleRounds: number;
  surplus: SurplusPolicy;
  /** Completions cut at the token limit get weight 0 and leave the denominator; their rewards stay in the group's mean. */
  maskTruncated: boolean;
  unscored: UnscoredPolicy;
  /** Weight of the KL divergence from the reference policy, alpha included; 0 needs no reference. */
  beta: number;
}

export interface GpgOptions extends GpgSettings {
  /** The combined reward of a perfect completion: tells groups that are all right from those that are all wrong. */
  highestReward: number;
}

/** Throws a `ConfigError` for options that no run could use. */
export function checkGpgOptions(options: GpgOptions): void {
  for (const [name, allowed] of Object.entries(gpgChoices)) {
    const value = options[name as keyof typeof gpgChoices];
    if (!(allowed as readonly string[]).includes(value)) {
      throw new ConfigError(`gpg ${name} is ${String(value)}; it has to be one of ${allowed.join(", ")}`);
    }
  }
  for (const name of ["informativeShare", "inverseAlphaOffset", "equalUpTo", "beta"] as const) {
    if (!(Number.isFinite(options[name]) && options[name] >= 0)) {
      throw new ConfigError(`gpg ${name} is ${options[name]}; it has to be a number of at least 0`);
    }
  }
  if (!Number.isInteger(options.maxResampleRounds) || options.maxResampleRounds < 0) {
    throw new ConfigError(
      `gpg maxResampleRounds is ${options.maxResampleRounds}; it has to be a whole number of at least 0`,
    );
  }
  if (!Number.isFinite(options.highestReward)) {
    throw new ConfigError(`gpg highestReward is ${options.highestReward}; it has to be a finite number`);
  }
  checkAggregation("gpg", options);
}
