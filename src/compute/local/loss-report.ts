import { tokenLoss } from "../../losses/token-loss.ts";
import type { BatchLoss, Metrics, TrainingBatch, WeightedCompletion } from "../../pipeline.ts";
import { lossKindOf } from "./loss-inputs.ts";

/** Sums up, completion by completion, what a batch's loss came to. */
export interface LossReport {
  add(completion: WeightedCompletion, logprobs_T: readonly number[]): void;
  readonly loss: number;
  /**
   * Means over tokens: `kl`, of those with a KL weight; `clipLow` and `clipHigh`, the shares of all completion tokens whose
   * ratio was clipped. Only what the loss has.
   */
  metrics(): Metrics;
}

export function createLossReport(batch: TrainingBatch): LossReport {
  const kind = lossKindOf(batch);
  const clip = clipOf(batch.loss);
  const sums = { loss: 0, kl: 0, klTokens: 0, low: 0, high: 0 };
  return {
    add: ({ weights, oldLogprobs, referenceLogprobs, klWeights }, logprobs_T) => {
      let loss = 0;
      logprobs_T.forEach((logprob, t) => {
        const klWeight = klWeights?.[t];
        const token = tokenLoss(logprob, {
          weight: weights[t],
          clip,
          oldLogprob: oldLogprobs?.[t],
          klWeight,
          referenceLogprob: klWeight ? referenceLogprobs?.[t] : undefined,
        });
        loss += token.loss;
        sums.kl += token.kl;
        sums.klTokens += klWeight ? 1 : 0;
        sums.low += token.clipped === "low" ? 1 : 0;
        sums.high += token.clipped === "high" ? 1 : 0;
      });
      sums.loss += loss;
    },
    get loss() {
      return sums.loss;
    },
    metrics: () => {
      const tokens = completionTokens(batch);
      return {
        ...(kind.kl && { kl: sums.kl / sums.klTokens }),
        ...(kind.ratio && { clipLow: sums.low / tokens, clipHigh: sums.high / tokens }),
      };
    },
  };
}

function clipOf(loss: BatchLoss | undefined) {
  return loss?.name === "clipped-ratio" ? loss.clip : undefined;
}

function completionTokens({ groups }: TrainingBatch): number {
  return groups
    .flatMap(({ completions }) => completions)
    .reduce((total, { tokenIds }) => total + tokenIds.length, 0);
}
