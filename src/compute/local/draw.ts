import { BackendError } from "../../errors.ts";

/** A token, its log-probability under the distribution it was drawn from, and that distribution's entropy in nats. */
export interface TokenChoice {
  tokenId: number;
  logprob: number;
  entropy: number;
}

/**
 * Draws from the distribution of the weights `exp((score - largest) * inverseTemperature)` over the V scores from `start`
 * on: the first token at which the summed probabilities exceed `uniform`, a number in [0, 1). Writes it to `choice`.
 */
export type Draw = (
  choice: TokenChoice,
  scores: Float32Array,
  start: number,
  largest: number,
  inverseTemperature: number,
  uniform: number,
) => void;

/** `exponent` is the token's; `total` and `weightedExponents` are sums of weights and of weight * exponent over all tokens. */
export function recordChoice(
  choice: TokenChoice,
  tokenId: number,
  exponent: number,
  total: number,
  weightedExponents: number,
): void {
  const logTotal = Math.log(total);
  choice.tokenId = tokenId;
  choice.logprob = Math.min(0, exponent - logTotal);
  choice.entropy = Math.max(0, logTotal - weightedExponents / total);
}

export function requireFinite(value: number): void {
  if (!Number.isFinite(value)) {
    throw new BackendError(
      "the model's logits are not finite; start again with a lower learning rate, from a checkpoint as the model if you like",
    );
  }
}
