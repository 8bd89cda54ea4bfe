import { BackendError } from "../errors.ts";
import type { NamedValues } from "./optimizer.ts";

/** L2 norm over all gradients together, summed in float64. */
export function gradientNorm(gradients: NamedValues): number {
  let total = 0;
  for (const [name, values] of Object.entries(gradients)) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += values[i] * values[i];
    }
    if (!Number.isFinite(sum)) {
      throw new BackendError(
        `the gradient of ${name} is not finite; start again with a lower learning rate, from a checkpoint as the model if you like`,
      );
    }
    total += sum;
  }
  return Math.sqrt(total);
}

/** The factor that brings a norm down to at most `maxNorm`, as `torch.nn.utils.clip_grad_norm_` computes it. */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
