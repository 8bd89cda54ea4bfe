import type { ScoredGroup } from "../pipeline.ts";
import type { Algorithm } from "./algorithm.ts";
import { type GrpoSettings, grpoAdvantages, grpoDefaults } from "./grpo.ts";
import { createRatioAlgorithm, readGroup } from "./ratio-algorithm.ts";
import type { RatioOptions } from "./ratio-options.ts";

export interface DapoSettings extends GrpoSettings {
  /** Batches a step may sample beyond the first in search of informative groups; the trainer enforces it. */
  maxResampleRounds: number;
}

/** Section 4.1 of the paper; ten batches at most, as in verl. */
export const dapoDefaults: DapoSettings = {
  ...grpoDefaults,
  clipHigh: 0.28,
  aggregation: "tokens",
  maskTruncated: true,
  maxResampleRounds: 9,
};

/**
 * DAPO (arXiv 2503.14476): GRPO with a higher upper clip, the mean over all tokens, without completions that were cut
 * off, and on informative groups alone: more are sampled until they fill the batch. Where the bound on that is reached,
 * it trains on those that were found.
 */
export function createDapo(options: RatioOptions<DapoSettings>): Algorithm {
  const informative = (sampled: readonly ScoredGroup[]): ScoredGroup[] =>
    sampled.filter((group) => readGroup(group, options).kind === "informative");
  return {
    ...createRatioAlgorithm("dapo", options, grpoAdvantages(options)),
    hasEnoughSignal: (sampled, batchSize) => informative(sampled).length >= batchSize,
    select: (sampled, batchSize) => {
      const found = informative(sampled);
      return (found.length > 0 ? found : sampled).slice(0, batchSize);
    },
  };
}
