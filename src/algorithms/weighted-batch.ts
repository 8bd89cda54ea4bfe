import type { BatchLoss, ScoredGroup, TrainingBatch, WeightedCompletion } from "../pipeline.ts";
import { type AggregationSettings, completionWeights } from "./aggregation.ts";
import type { GroupStatistics } from "./group-statistics.ts";

export interface BatchWeights {
  /** [group][completion]. */
  advantages_BG: readonly (readonly number[])[];
  /** Of the KL divergence, which is aggregated as advantages are; 0 for none. */
  klCoefficient: number;
  aggregation: AggregationSettings;
  loss?: BatchLoss;
}

/** Every token of a completion gets the completion's weight. */
export function weightedBatch(
  groups: readonly ScoredGroup[],
  statistics: readonly GroupStatistics[],
  { advantages_BG, klCoefficient, aggregation, loss }: BatchWeights,
): TrainingBatch {
  const tokens_BG = statistics.map(({ tokens_G }) => tokens_G);
  const weights_BG = completionWeights(advantages_BG, tokens_BG, aggregation);
  const coefficients_BG = tokens_BG.map((tokens_G) => tokens_G.map(() => klCoefficient));
  const klWeights_BG = completionWeights(coefficients_BG, tokens_BG, aggregation);
  return {
    ...(loss && { loss }),
    groups: groups.map(({ prompt, rollouts }, group) => ({
      promptTokenIds: prompt.tokenIds,
      completions: rollouts.map(({ rollout: { tokenIds } }, index): WeightedCompletion => {
        const everyToken = (weight: number) => new Array<number>(tokenIds.length).fill(weight);
        return {
          tokenIds,
          weights: everyToken(weights_BG[group]![index]!),
          ...(klCoefficient > 0 && { klWeights: everyToken(klWeights_BG[group]![index]!) }),
        };
      }),
    })),
  };
}

/** True if no token of a batch has a weight of any kind: there is nothing to learn from it. */
export function isSilent({ groups }: TrainingBatch): boolean {
  return groups
    .flatMap(({ completions }) => completions)
    .every(({ weights, klWeights = [] }) => [...weights, ...klWeights].every((weight) => weight === 0));
}
