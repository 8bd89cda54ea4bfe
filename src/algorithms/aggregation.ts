import type { GpgSettings } from "./gpg-options.ts";

/**
 * The weight of every token of each completion [group][completion], so that `-sum(weight * logprob)` over the whole
 * optimizer step is the aggregated loss. A masked or empty completion counts 0 tokens, gets 0 and is in no denominator.
 */
export function completionWeights(
  advantages: readonly (readonly number[])[],
  tokens: readonly (readonly number[])[],
  settings: Pick<GpgSettings, "aggregation" | "aggregationConstant">,
): number[][] {
  const counts = tokens.flat().filter((count) => count > 0);
  const divisor = denominator(counts, settings);
  return advantages.map((advantages_G, group) =>
    advantages_G.map((advantage, index) => {
      const count = tokens[group]![index]!;
      return count > 0 ? advantage / divisor(count) : 0;
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
