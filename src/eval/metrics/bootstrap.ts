import { hashSeed, randomBits } from "../../random.ts";
import { mean } from "../reward-means.ts";

/** A mean with its confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface BootstrapOptions {
  seed?: number;
  resamples?: number;
  /** Of the interval. */
  confidence?: number;
}

/**
 * The mean of the strata's means with the percentile interval of the bootstrap: problems are drawn with replacement, each
 * stratum (a benchmark) by itself. Null where a stratum is empty. A single problem gives an interval without width, which
 * says nothing.
 */
export function bootstrapMean(
  strata: readonly (readonly number[])[],
  { seed = 0, resamples = 10_000, confidence = 0.95 }: BootstrapOptions = {},
): Estimate | null {
  if (strata.length === 0 || strata.some(({ length }) => length === 0)) {
    return null;
  }
  const means = new Float64Array(resamples);
  strata.forEach((values, stratum) => {
    const stream = hashSeed(seed, stratum);
    for (let resample = 0, draw = 0; resample < resamples; resample++) {
      let sum = 0;
      for (let i = 0; i < values.length; i++) {
        sum += values[Math.floor((randomBits(stream, draw++) / 2 ** 32) * values.length)]!;
      }
      means[resample]! += sum / values.length / strata.length;
    }
  });
  means.sort();
  const tail = (1 - confidence) / 2;
  return { value: meanOfMeans(strata), low: quantile(means, tail), high: quantile(means, 1 - tail) };
}

/** Of at least one stratum, none of them empty. */
export function meanOfMeans(strata: readonly (readonly number[])[]): number {
  return strata.reduce((sum, values) => sum + mean(values) / strata.length, 0);
}

/** Of sorted values, between two of them in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
