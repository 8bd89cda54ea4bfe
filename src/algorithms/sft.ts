import { DataError } from "../errors.ts";
import type { TrainingBatch } from "../pipeline.ts";

/** A prompt and the completion to imitate, closed by its end token. */
export interface Demonstration {
  promptTokenIds: readonly number[];
  tokenIds: readonly number[];
}

/**
 * Supervised fine-tuning: the loss is the mean of `-logprob` over all completion tokens of the batch.
 * Throws a `DataError` if there is no token to learn from.
 */
export function weighDemonstrations(demonstrations: readonly Demonstration[]): TrainingBatch {
  const tokens = demonstrations.reduce((total, { tokenIds }) => total + tokenIds.length, 0);
  if (tokens === 0) {
    throw new DataError(
      `the ${demonstrations.length} demonstrations of a batch have no completion token; give the task's problems a demonstration`,
    );
  }
  return {
    loss: { name: "cross-entropy" },
    groups: demonstrations.map(({ promptTokenIds, tokenIds }) => ({
      promptTokenIds,
      completions: [{ tokenIds, weights: new Array<number>(tokenIds.length).fill(1 / tokens) }],
    })),
  };
}
