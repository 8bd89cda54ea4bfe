import { ConfigError } from "../errors.ts";
import { type AggregationSettings, aggregations, checkAggregation } from "./aggregation.ts";
import { type UnscoredPolicy, unscoredPolicies } from "./group-statistics.ts";
import { type Divergence, divergences } from "./pinsker.ts";

/** What GRPO and its kin share. */
export interface RatioSettings extends AggregationSettings {
  /** A ratio below `1 - clipLow` or above `1 + clipHigh` teaches no further. */
  clipLow: number;
  clipHigh: number;
  /** Weight of the KL divergence from the reference policy; 0 needs no reference. */
  beta: number;
  /** `pinsker` is for a single update a batch. */
  divergence: Divergence;
  /** mu: passes over one sampled batch. */
  numIterations: number;
  /** Parts of a batch, each with an optimizer step of its own. */
  minibatches: number;
  /** Completions cut at the token limit get weight 0 and leave the denominator; their rewards stay in the group's mean. */
  maskTruncated: boolean;
  unscored: UnscoredPolicy;
}

export type RatioOptions<Settings extends RatioSettings = RatioSettings> = Settings & {
  /** The combined reward of a perfect completion: tells groups that are all right from those that are all wrong. */
  highestReward: number;
};

/** One pass, clipped at 0.2 on both sides, no KL: what TRL and verl do unless told otherwise. */
export const usualRatioSettings = {
  clipLow: 0.2,
  clipHigh: 0.2,
  beta: 0,
  divergence: "kl",
  numIterations: 1,
  minibatches: 1,
  maskTruncated: false,
  unscored: "mask",
} as const satisfies Partial<RatioSettings>;

/** Throws a `ConfigError`, beginning with the algorithm's name, for options that no run could use. */
export function checkRatioOptions(algorithm: string, options: RatioOptions): void {
  const check = (name: keyof RatioOptions, holds: boolean, expected: string): void => {
    if (!holds) {
      throw new ConfigError(`${algorithm} ${name} is ${String(options[name])}; it has to be ${expected}`);
    }
  };
  const { clipLow, clipHigh, beta, divergence, numIterations, minibatches } = options;
  check("clipLow", clipLow >= 0 && clipLow <= 1, "a number from 0 to 1");
  check("clipHigh", Number.isFinite(clipHigh) && clipHigh >= 0, "a number of at least 0");
  check("beta", Number.isFinite(beta) && beta >= 0, "a number of at least 0");
  check(
    "numIterations",
    Number.isInteger(numIterations) && numIterations >= 1,
    "a whole number of at least 1",
  );
  check("minibatches", Number.isInteger(minibatches) && minibatches >= 1, "a whole number of at least 1");
  check("divergence", divergences.includes(divergence), `one of ${divergences.join(", ")}`);
  check(
    "divergence",
    divergence === "kl" || numIterations * minibatches === 1,
    "kl where a batch is good for several updates",
  );
  check("highestReward", Number.isFinite(options.highestReward), "a finite number");
  check("aggregation", aggregations.includes(options.aggregation), `one of ${aggregations.join(", ")}`);
  check("unscored", unscoredPolicies.includes(options.unscored), `one of ${unscoredPolicies.join(", ")}`);
  checkAggregation(algorithm, options);
}
