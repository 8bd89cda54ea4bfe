import type { TrainingBatch, WeightedCompletion } from "../pipeline.ts";
import { isSilent } from "./weighted-batch.ts";

/** Log-probabilities of a batch's tokens [group][completion][token]. */
export interface BatchLogprobs {
  /** Under the policy that sampled. */
  old?: readonly (readonly (readonly number[])[])[] | undefined;
  /** Under the reference policy. */
  reference?: readonly (readonly (readonly number[])[])[] | undefined;
}

/** Greedy choices (temperature 0) are of no distribution that could move: they are learned from at 1. */
export function learnedTemperature(sampled: number): number {
  return sampled === 0 ? 1 : sampled;
}

/** The batch under the distribution it was sampled from, as TRL since 0.16 has it. */
export function atTemperature(batch: TrainingBatch, sampled: number): TrainingBatch {
  return { ...batch, temperature: learnedTemperature(sampled) };
}

/** The batch with what its loss compares with. */
export function withLogprobs(batch: TrainingBatch, { old, reference }: BatchLogprobs): TrainingBatch {
  return mapCompletions(batch, (completion, group, index) => ({
    ...completion,
    ...(old && { oldLogprobs: old[group]![index]! }),
    ...(reference && { referenceLogprobs: reference[group]![index]! }),
  }));
}

/**
 * Deals the groups out to `count` batches, which are as much as the whole on average: their weights are `count` times as
 * large. Batches without any weight are left out.
 */
export function minibatchesOf(batch: TrainingBatch, count: number): TrainingBatch[] {
  if (count === 1) {
    return [batch];
  }
  const scaled = mapCompletions(batch, (completion) => ({
    ...completion,
    weights: completion.weights.map((weight) => weight * count),
    ...(completion.klWeights && { klWeights: completion.klWeights.map((weight) => weight * count) }),
  }));
  return Array.from({ length: count }, (_, part) => ({
    ...scaled,
    groups: scaled.groups.filter((__, group) => group % count === part),
  })).filter((part) => !isSilent(part));
}

function mapCompletions(
  batch: TrainingBatch,
  change: (completion: WeightedCompletion, group: number, index: number) => WeightedCompletion,
): TrainingBatch {
  return {
    ...batch,
    groups: batch.groups.map(({ promptTokenIds, completions }, group) => ({
      promptTokenIds,
      completions: completions.map((completion, index) => change(completion, group, index)),
    })),
  };
}
