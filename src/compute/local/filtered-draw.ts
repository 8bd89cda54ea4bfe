import type { SamplingParameters } from "../sampler.ts";
import { type Candidates, createCandidates, moveCandidate } from "./candidates.ts";
import { type Draw, recordChoice, requireFinite, type TokenChoice } from "./draw.ts";
import { exponential } from "./exponential.ts";
import { kthLargest } from "./kth-largest.ts";
import { createNucleusFilter } from "./nucleus.ts";

/** Far above the rounding of exponents, far below a difference that matters. */
const exponentSlack = 1e-9;

export type Filters = Pick<SamplingParameters, "topK" | "topP" | "minP">;

/** True if the filters can drop a token of the vocabulary. */
export function filtersAnything({ topK, topP, minP }: Filters, vocabularySize: number): boolean {
  return (topK > 0 && topK < vocabularySize) || topP < 1 || minP > 0;
}

/** Draws from what top-k (ties of the k-th stay), top-p and min-p leave, in this order, as in transformers. */
export function createFilteredDraw({ topK, topP, minP }: Filters, vocabularySize: number): Draw {
  const candidates = createCandidates(vocabularySize);
  const nucleus = topP < 1 ? createNucleusFilter(topP, vocabularySize) : null;
  const heap = topK > 0 && topK < vocabularySize ? new Float32Array(topK) : null;
  const likelyBound = Math.log(minP) - exponentSlack;

  return (choice, scores, start, largest, inverseTemperature, uniform) => {
    let threshold = Number.NEGATIVE_INFINITY;
    if (heap !== null) {
      threshold = kthLargest(scores, start, vocabularySize, heap.length, heap);
    }
    let bound = likelyBound;
    if (nucleus !== null) {
      bound = Math.max(bound, nucleus.bound(scores, start, largest, inverseTemperature, threshold));
    }
    collect(candidates, scores, start, vocabularySize, largest, inverseTemperature, threshold, bound);
    nucleus?.trim(candidates);
    if (minP > 0) {
      keepLikely(candidates, minP);
    }
    drawCandidate(choice, candidates, uniform);
  };
}

/** Makes candidates of the scores from `threshold` up whose exponents exceed `bound`. */
function collect(
  candidates: Candidates,
  scores: Float32Array,
  start: number,
  vocabularySize: number,
  largest: number,
  inverseTemperature: number,
  threshold: number,
  bound: number,
): void {
  const { tokenIds, exponents, weights } = candidates;
  let size = 0;
  for (let token = 0; token < vocabularySize; token++) {
    const score = scores[start + token];
    const exponent = (score - largest) * inverseTemperature;
    // Written so that what is not a number comes through and is refused in the end.
    if (!(score < threshold || exponent <= bound)) {
      tokenIds[size] = token;
      exponents[size] = exponent;
      weights[size++] = exponential(exponent);
    }
  }
  candidates.size = size;
}

/** Keeps the candidates with at least this weight; the most likely has weight 1. */
function keepLikely(candidates: Candidates, weight: number): void {
  let kept = 0;
  for (let i = 0; i < candidates.size; i++) {
    if (!(candidates.weights[i] < weight)) {
      moveCandidate(candidates, i, kept++);
    }
  }
  candidates.size = kept;
}

function drawCandidate(choice: TokenChoice, candidates: Candidates, uniform: number): void {
  const { size, tokenIds, exponents, weights } = candidates;
  let total = 0;
  let weightedExponents = 0;
  for (let i = 0; i < size; i++) {
    if (weights[i] !== 0) {
      total += weights[i];
      weightedExponents += weights[i] * exponents[i];
    }
  }
  requireFinite(total);
  const target = uniform * total;
  let before = 0;
  let drawn = 0;
  for (let i = 0; i < size && before <= target; i++) {
    before += weights[i];
    drawn = weights[i] > 0 ? i : drawn;
  }
  recordChoice(choice, tokenIds[drawn], exponents[drawn], total, weightedExponents);
}
