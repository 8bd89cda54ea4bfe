import type { GpgSettings } from "./gpg-options.ts";
import { present } from "./group-statistics.ts";

/**
 * The weight of every token of each completion [group][completion], so that `-sum(weight * logprob)` over the whole
 * optimizer step is the aggregated loss. A masked completion (null tokens) gets 0 and is in no denominator.
 */
export function completionWeights(
  advantages: readonly (readonly number[])[],
  tokens: readonly (readonly (number | null)[])[],
  settings: Pick<GpgSettings, "aggregation" | "aggregationConstant">,
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
  { aggregation, aggregationConstant }: Pick<GpgSettings, "aggregation" | "aggregationConstant">,
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
