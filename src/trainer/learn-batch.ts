import type { Algorithm } from "../algorithms/algorithm.ts";
import { minibatchesOf, withLogprobs } from "../algorithms/updates.ts";
import type { Learner } from "../compute/learner.ts";
import type { TrainingBatch } from "../pipeline.ts";
import { learn, meanUpdate, type Update } from "./learn.ts";

/**
 * All updates that one sampled batch is good for. Log-probabilities under the policy that sampled are looked up only
 * where it moves within the batch; before the first update every ratio is 1.
 */
export async function learnBatch(
  learner: Learner,
  { updates: { iterations, minibatches }, usesReference }: Algorithm,
  batch: TrainingBatch,
  learningRate: number,
): Promise<Update> {
  const moves = iterations * minibatches > 1;
  const reference = usesReference ? await learner.logprobs(batch.groups, "reference") : undefined;
  const old = moves ? await learner.logprobs(batch.groups, "policy") : undefined;
  const parts = minibatchesOf(withLogprobs(batch, { old, reference }), minibatches);
  const updates: Update[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (const part of parts) {
      updates.push(await learn(learner, part, learningRate));
    }
  }
  return meanUpdate(updates);
}
