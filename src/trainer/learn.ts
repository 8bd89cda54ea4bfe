import type { Learner } from "../compute/learner.ts";
import { BackendError } from "../errors.ts";
import type { Metrics, StepRecord, TrainingBatch } from "../pipeline.ts";

export type Update = Pick<StepRecord, "loss" | "gradientNorm" | "tokens" | "metrics">;

/** One update of the policy. A loss or gradient that is not finite is an error before anything is saved. */
export async function learn(learner: Learner, batch: TrainingBatch, learningRate: number): Promise<Update> {
  const { loss, tokens, metrics } = await learner.forwardBackward(batch);
  checkFinite("loss", loss);
  const { gradientNorm } = await learner.optimStep({ learningRate });
  checkFinite("gradient norm", gradientNorm);
  return { loss, gradientNorm, tokens, ...(Object.keys(metrics).length > 0 && { metrics }) };
}

/** Of updates of one kind, in the place of which it stands: their means, and their tokens together. */
export function meanUpdate(updates: readonly Update[]): Update {
  const [first] = updates;
  if (updates.length === 1) {
    return first;
  }
  const mean = (read: (update: Update) => number): number =>
    updates.reduce((sum, update) => sum + read(update), 0) / updates.length;
  const names = Object.keys(first.metrics ?? {});
  const metrics: Metrics = Object.fromEntries(
    names.map((name) => [name, mean((update) => update.metrics![name])]),
  );
  return {
    loss: mean(({ loss }) => loss),
    gradientNorm: mean(({ gradientNorm }) => gradientNorm),
    tokens: updates.reduce((sum, { tokens }) => sum + tokens, 0),
    ...(names.length > 0 && { metrics }),
  };
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) {
    throw new BackendError(
      `the ${name} became ${value}; the last checkpoint is sound: start again with a lower learning rate`,
    );
  }
}
