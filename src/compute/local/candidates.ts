/** Tokens that filters have left, in the order of their ids; only the first `size` entries count. */
export interface Candidates {
  size: number;
  readonly tokenIds: Int32Array;
  /** Logarithms of the weights: at most 0, and 0 for the most likely token. */
  readonly exponents: Float64Array;
  /** Probabilities but for a common factor. */
  readonly weights: Float64Array;
}

export function createCandidates(capacity: number): Candidates {
  return {
    size: 0,
    tokenIds: new Int32Array(capacity),
    exponents: new Float64Array(capacity),
    weights: new Float64Array(capacity),
  };
}

/** Moves candidate `from` to place `to`, which is not behind it. */
export function moveCandidate(candidates: Candidates, from: number, to: number): void {
  candidates.tokenIds[to] = candidates.tokenIds[from];
  candidates.exponents[to] = candidates.exponents[from];
  candidates.weights[to] = candidates.weights[from];
}
