import { internalError } from "../../errors.ts";

/**
 * The chance that at least one of `k` completions, drawn without replacement from `samples` of which `right` are right, is
 * right: 1 - C(n - c, k) / C(n, k), the unbiased estimate of pass@k (Chen et al. 2021, arXiv 2107.03374). In logarithms, so
 * that no binomial coefficient overflows and small chances keep their digits.
 */
export function passAtK(samples: number, right: number, k: number): number {
  if (!(k >= 1 && k <= samples && right >= 0 && right <= samples)) {
    throw internalError(`pass@${k} of ${right} right among ${samples}`);
  }
  if (samples - right < k) {
    return 1;
  }
  let logNone = 0;
  for (let i = 0; i < right; i++) {
    logNone += Math.log1p(-k / (samples - i));
  }
  return 0 - Math.expm1(logNone);
}
