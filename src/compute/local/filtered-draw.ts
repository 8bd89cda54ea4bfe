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
  const keepNucleus = topP < 1 ? createNucleusFilter(vocabularySize) : null;
  const heap = topK > 0 && topK < vocabularySize ? new Float32Array(topK) : null;
  // Tokens of at most this weight have less than 1 - topP together, even if all are: top-p drops every one of them.
  const topPFloor = topP < 1 ? Math.log((1 - topP) / vocabularySize) : Number.NEGATIVE_INFINITY;
  const floor = Math.max(topPFloor, Math.log(minP)) - exponentSlack;

  return (choice, scores, start, largest, inverseTemperature, uniform) => {
    const threshold =
      heap === null ? Number.NEGATIVE_INFINITY : kthLargest(scores, start, vocabularySize, heap.length, heap);
    let size = 0;
    let total = 0;
    for (let token = 0; token < vocabularySize; token++) {
      const score = scores[start + token];
      if (!(score < threshold)) {
        const exponent = (score - largest) * inverseTemperature;
        const weight = exponential(exponent);
        total += weight;
        if (exponent > floor) {
          candidates.tokenIds[size] = token;
          candidates.exponents[size] = exponent;
          candidates.weights[size++] = weight;
        }
      }
    }
    requireFinite(total);
    candidates.size = size;
    keepNucleus?.(candidates, topP * total);
    if (minP > 0) {
      keepLikely(candidates, minP);
    }
    drawCandidate(choice, candidates, uniform);
  };
}

/** Keeps the candidates with at least this weight; the most likely has weight 1. */
function keepLikely(candidates: Candidates, weight: number): void {
  let kept = 0;
  for (let i = 0; i < candidates.size; i++) {
    if (candidates.weights[i] >= weight) {
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
    if (weights[i] > 0) {
      total += weights[i];
      weightedExponents += weights[i] * exponents[i];
    }
  }
  const target = uniform * total;
  let before = 0;
  let drawn = 0;
  for (let i = 0; i < size && before <= target; i++) {
    before += weights[i];
    drawn = weights[i] > 0 ? i : drawn;
  }
  recordChoice(choice, tokenIds[drawn], exponents[drawn], total, weightedExponents);
}
