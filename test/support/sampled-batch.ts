import type { SampledCompletion } from "../../src/compute/sampler.ts";
import type { TrainingBatch } from "../../src/pipeline.ts";

/** What was sampled for each prompt, every token with weight 1. */
export function sampledBatch(
  prompts: readonly (readonly number[])[],
  sampled: readonly (readonly Pick<SampledCompletion, "tokenIds">[])[],
): TrainingBatch {
  return {
    groups: sampled.map((completions, group) => ({
      promptTokenIds: prompts[group],
      completions: completions.map(({ tokenIds }) => ({ tokenIds, weights: tokenIds.map(() => 1) })),
    })),
  };
}
