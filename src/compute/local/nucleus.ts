import { type Candidates, moveCandidate } from "./candidates.ts";
import { exponential } from "./exponential.ts";

const bucketsPerNat = 32;
const buckets = 1024;

/** Keeps the fewest most likely candidates whose weights reach `mass` together, at least one; `mass` may be out of reach. */
export type NucleusFilter = (candidates: Candidates, mass: number) => void;

/**
 * The top-p filter without sorting the vocabulary: weights are added up in buckets of like exponent, and only the bucket
 * in which the mass is reached is sorted. Of equally likely candidates at the cut the lowest ids stay.
 */
export function createNucleusFilter(capacity: number): NucleusFilter {
  const masses = new Float64Array(buckets);
  const members = new Float64Array(capacity);

  return (candidates, mass) => {
    const { size, exponents, weights } = candidates;
    masses.fill(0);
    for (let i = 0; i < size; i++) {
      masses[bucketOf(exponents[i])] += weights[i];
    }
    let above = 0;
    let cut = 0;
    while (cut < buckets - 1 && above + masses[cut] < mass) {
      above += masses[cut++];
    }
    let count = 0;
    for (let i = 0; i < size; i++) {
      if (bucketOf(exponents[i]) === cut) {
        members[count++] = exponents[i];
      }
    }
    if (count === 0) {
      return;
    }
    members.subarray(0, count).sort();
    let lowest = count - 1;
    above += exponential(members[lowest]);
    while (lowest > 0 && above < mass) {
      above += exponential(members[--lowest]);
    }
    let ties = 1;
    while (lowest + ties < count && members[lowest + ties] === members[lowest]) {
      ties++;
    }
    keepFrom(candidates, members[lowest], ties);
  };
}

function bucketOf(exponent: number): number {
  return exponent > -(buckets - 1) / bucketsPerNat ? (-exponent * bucketsPerNat) | 0 : buckets - 1;
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
