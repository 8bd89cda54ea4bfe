import type { TrainingBatch, WeightedCompletion } from "../pipeline.ts";

/** What stands in for the KL divergence: `exp(d) - d - 1` a token, or half the square of a sequence's `sum(|d|)` (Visual-RFT's `pinsker`). */
export const divergences = ["kl", "pinsker"] as const;
export type Divergence = (typeof divergences)[number];

/**
 * The batch with `klWeight * sum(|d|)^2 / 2` for each completion, `d = reference - logprob`, in the place of its KL term.
 * A sequence's sum is known before its update, so the gradient of that is one more weight a token.
 */
export function withPinsker(
  batch: TrainingBatch,
  { old, reference }: Record<"old" | "reference", readonly (readonly (readonly number[])[])[]>,
): {
  batch: TrainingBatch;
  /** What the loss of that batch, whose ratios are 1, lacks of its value. */
  lossOffset: number;
} {
  let lossOffset = 0;
  const groups = batch.groups.map(({ promptTokenIds, completions }, group) => ({
    promptTokenIds,
    completions: completions.map(({ tokenIds, weights, klWeights = [] }, index): WeightedCompletion => {
      const differences_T = old[group]![index]!.map((logprob, t) => reference[group]![index]![t]! - logprob);
      const variation = differences_T.reduce((sum, difference) => sum + Math.abs(difference), 0);
      const pulls_T = differences_T.map(
        (difference, t) => (klWeights[t] ?? 0) * variation * Math.sign(difference),
      );
      lossOffset += ((klWeights[0] ?? 0) * variation ** 2) / 2;
      lossOffset += pulls_T.reduce((sum, pull) => sum + pull, 0);
      return { tokenIds, weights: weights.map((weight, t) => weight + pulls_T[t]!) };
    }),
  }));
  return { batch: { ...batch, groups }, lossOffset };
}
