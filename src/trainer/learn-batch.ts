import type { Algorithm } from "../algorithms/algorithm.ts";
import { withPinsker } from "../algorithms/pinsker.ts";
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
  { updates: { iterations, minibatches }, usesReference, divergence }: Algorithm,
  batch: TrainingBatch,
  learningRate: number,
): Promise<Update> {
  const lookUp = (of: "policy" | "reference") => learner.logprobs(batch, of);
  if (usesReference && divergence === "pinsker") {
    const [old, reference] = [await lookUp("policy"), await lookUp("reference")];
    const { batch: weighed, lossOffset } = withPinsker(batch, { old, reference });
    const update = await learn(learner, weighed, learningRate);
    return { ...update, loss: update.loss + lossOffset };
  }
  const reference = usesReference ? await lookUp("reference") : undefined;
  const old = iterations * minibatches > 1 ? await lookUp("policy") : undefined;
  const parts = minibatchesOf(withLogprobs(batch, { old, reference }), minibatches);
  const updates: Update[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (const part of parts) {
      updates.push(await learn(learner, part, learningRate));
    }
  }
  return meanUpdate(updates);
}
