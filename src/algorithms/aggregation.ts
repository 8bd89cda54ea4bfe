import { ConfigError } from "../errors.ts";
import { present } from "./group-statistics.ts";

export const aggregations = ["tokens", "sequences", "constant"] as const;

/** The mean over all completion tokens, the mean of each sequence's mean, or sums over a constant (Dr. GRPO) averaged over sequences. */
export type Aggregation = (typeof aggregations)[number];

export interface AggregationSettings {
  aggregation: Aggregation;
  /** Tokens each sequence's sum is divided by; for `aggregation: constant` only. */
  aggregationConstant?: number;
}

/**
 * The weight of every token of each completion [group][completion], so that `-sum(weight * logprob)` over the whole
 * optimizer step is the aggregated loss. A masked completion (null tokens) gets 0 and is in no denominator.
 */
export function completionWeights(
  advantages: readonly (readonly number[])[],
  tokens: readonly (readonly (number | null)[])[],
  settings: AggregationSettings,
): number[][] {
  const divisor = denominator(present(tokens.flat()), settings);
  return advantages.map((advantages_G, group) =>
    advantages_G.map((advantage, index) => {
      const count = tokens[group]![index];
      return count ? advantage / divisor(count) : 0;
    }),
  );
}

function denominator(
  counts: readonly number[],
  { aggregation, aggregationConstant }: AggregationSettings,
): (count: number) => number {
  switch (aggregation) {
    case "tokens": {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return () => total;
    }
    case "sequences":
      return (count) => counts.length * count;
    case "constant":
      return () => counts.length * aggregationConstant!;
  }
}

/** Throws a `ConfigError` that begins with the algorithm's name. */
export function checkAggregation(
  algorithm: string,
  { aggregation, aggregationConstant }: AggregationSettings,
): void {
  if (aggregation === "constant") {
    if (!(Number.isFinite(aggregationConstant) && aggregationConstant! > 0)) {
      throw new ConfigError(
        `${algorithm} aggregationConstant is ${aggregationConstant}; aggregation "constant" needs a number above 0, for example the completion limit in tokens`,
      );
    }
  } else if (aggregationConstant !== undefined) {
    throw new ConfigError(
      `${algorithm} aggregationConstant is ${aggregationConstant} but aggregation is "${aggregation}"; leave it out or set aggregation to "constant"`,
    );
  }
}
