import { multiply, negate, sumAll } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** `-sum(weight * logprob)` over [N] tokens: the only loss that GPG and supervised fine-tuning need. */
export function weightedLogprobLoss(logprobs_N: Tensor, weights_N: Tensor): Tensor {
  return negate(sumAll(multiply(logprobs_N, weights_N)));
}
