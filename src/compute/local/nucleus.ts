import { type Candidates, moveCandidate } from "./candidates.ts";
import { requireFinite } from "./draw.ts";
import { exponential } from "./exponential.ts";

/** A power of two, so that the edges of buckets are exact. */
const bucketsPerNat = 32;
const buckets = 1024;

/**
 * The top-p filter without sorting the vocabulary: weights are added up in buckets of like exponent, and only the bucket
 * in which the sum reaches its share is sorted. It keeps the fewest most likely tokens that reach the share, at least one;
 * of equally likely tokens at the cut the lowest ids.
 */
export interface NucleusFilter {
  /**
   * Looks at the scores from `threshold` up and returns a bound that the exponents of all tokens to keep exceed; exponents
   * are `(score - largest) * inverseTemperature`.
   */
  bound(
    scores: Float32Array,
    start: number,
    largest: number,
    inverseTemperature: number,
    threshold: number,
  ): number;
  /** Drops what the share does not need from the tokens that exceed the bound, or from the most likely of them. */
  trim(candidates: Candidates): void;
}

export function createNucleusFilter(topP: number, vocabularySize: number): NucleusFilter {
  const masses = new Float64Array(buckets);
  const members = new Float64Array(vocabularySize);
  let share = 0;
  let above = 0;
  let cut = 0;
  return {
    bound: (scores, start, largest, inverseTemperature, threshold) => {
      const total = fillBuckets(
        masses,
        scores,
        start,
        start + vocabularySize,
        largest,
        inverseTemperature,
        threshold,
      );
      requireFinite(total);
      share = topP * total;
      above = 0;
      cut = 0;
      while (cut < buckets - 1 && above + masses[cut] < share) {
        above += masses[cut++];
      }
      return cut < buckets - 1 ? -(cut + 1) / bucketsPerNat : Number.NEGATIVE_INFINITY;
    },
    trim: (candidates) => {
      const edge = -cut / bucketsPerNat;
      let count = 0;
      for (let i = 0; i < candidates.size; i++) {
        if (candidates.exponents[i] <= edge) {
          members[count++] = candidates.exponents[i];
        }
      }
      if (count === 0) {
        return;
      }
      members.subarray(0, count).sort();
      let lowest = count - 1;
      let sum = above + exponential(members[lowest]);
      while (lowest > 0 && sum < share) {
        sum += exponential(members[--lowest]);
      }
      let ties = 1;
      while (lowest + ties < count && members[lowest + ties] === members[lowest]) {
        ties++;
      }
      keepFrom(candidates, members[lowest], ties);
    },
  };
}

/** Adds the weights of the scores from `threshold` up to their buckets and returns their sum. */
function fillBuckets(
  masses: Float64Array,
  scores: Float32Array,
  start: number,
  end: number,
  largest: number,
  inverseTemperature: number,
  threshold: number,
): number {
  masses.fill(0);
  const lowest = -(buckets - 1) / bucketsPerNat;
  let total = 0;
  for (let i = start; i < end; i++) {
    const score = scores[i];
    if (!(score < threshold)) {
      const exponent = (score - largest) * inverseTemperature;
      const weight = exponential(exponent);
      total += weight;
      masses[exponent > lowest ? (-exponent * bucketsPerNat) | 0 : buckets - 1] += weight;
    }
  }
  return total;
}

/** Drops what lies below `lowest`, and all but the first `ties` candidates that equal it. */
function keepFrom(candidates: Candidates, lowest: number, ties: number): void {
  const { size, exponents } = candidates;
  let kept = 0;
  let tiesLeft = ties;
  for (let i = 0; i < size; i++) {
    const exponent = exponents[i];
    if (exponent > lowest || (exponent === lowest && tiesLeft-- > 0)) {
      moveCandidate(candidates, i, kept++);
    }
  }
  candidates.size = kept;
}
