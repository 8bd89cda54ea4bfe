import { add, clamp, exponential, multiply, negate, subtract, sumAll } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";
import { largestLogRatio } from "./log-ratio.ts";
import { weightedLogprobLoss } from "./weighted-logprob-loss.ts";

/** What a loss reads beside log-probabilities, one value a token, [N]. */
export interface LossTerms {
  weights: Tensor;
  /** The ratio to the policy that sampled takes the place of the log-probability, within bounds as `logRatioRange` gives them. */
  ratio?: { oldLogprobs: Tensor; lowestLogRatios: Tensor; highestLogRatios: Tensor };
  kl?: { referenceLogprobs: Tensor; klWeights: Tensor };
}

/**
 * The losses of GPG, supervised fine-tuning, GRPO and its kin over [N] tokens, a scalar: clipped ratios as in PPO
 * (arXiv 1707.06347, equation 7), the divergence from the reference as in GRPO (arXiv 2402.03300, equation 4).
 */
export function policyLoss(logprobs_N: Tensor, { weights, ratio, kl }: LossTerms): Tensor {
  const loss = ratio
    ? clippedRatioLoss(logprobs_N, weights, ratio)
    : weightedLogprobLoss(logprobs_N, weights);
  return kl ? add(loss, klLoss(logprobs_N, kl)) : loss;
}

function clippedRatioLoss(
  logprobs_N: Tensor,
  weights_N: Tensor,
  { oldLogprobs, lowestLogRatios, highestLogRatios }: NonNullable<LossTerms["ratio"]>,
): Tensor {
  const logRatios = clamp(subtract(logprobs_N, oldLogprobs), lowestLogRatios, highestLogRatios);
  return negate(sumAll(multiply(exponential(logRatios), weights_N)));
}

function klLoss(logprobs_N: Tensor, { referenceLogprobs, klWeights }: NonNullable<LossTerms["kl"]>): Tensor {
  const differences = clamp(subtract(referenceLogprobs, logprobs_N), -largestLogRatio, largestLogRatio);
  const divergences = subtract(subtract(exponential(differences), differences), 1);
  return sumAll(multiply(divergences, klWeights));
}
