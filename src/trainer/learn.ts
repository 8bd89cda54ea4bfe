import type { Learner } from "../compute/learner.ts";
import { BackendError } from "../errors.ts";
import type { StepRecord, TrainingBatch } from "../pipeline.ts";

export type Update = Pick<StepRecord, "loss" | "gradientNorm" | "tokens">;

/** One update of the policy. A loss or gradient that is not finite is an error before anything is saved. */
export async function learn(learner: Learner, batch: TrainingBatch, learningRate: number): Promise<Update> {
  const { loss, tokens } = await learner.forwardBackward(batch);
  checkFinite("loss", loss);
  const { gradientNorm } = await learner.optimStep({ learningRate });
  checkFinite("gradient norm", gradientNorm);
  return { loss, gradientNorm, tokens };
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new BackendError(
      `the ${name} became ${value}; the last checkpoint is sound: start again with a lower learning rate`,
    );
  }
}
