import type { SamplingParameters } from "../sampler.ts";
import { requireFinite } from "./draw.ts";

/** True where tokens are drawn from the whole distribution at some temperature: nothing but a softmax is needed. */
export function drawsFromAll(parameters: SamplingParameters): boolean {
  const { temperature, topK, topP, minP, repetitionPenalty } = parameters;
  return temperature > 0 && topK === 0 && topP >= 1 && minP === 0 && repetitionPenalty === 1;
}

/** Draws a token id by inverse cumulative distribution from one row of probabilities [rows, V]. */
export function drawFromProbabilities(
  probabilities: Float32Array,
  row: number,
  vocabularySize: number,
  uniform: number,
): number {
  const start = row * vocabularySize;
  const end = start + vocabularySize;
  let below = 0;
  for (let i = start; i < end; i++) {
    below += probabilities[i];
    if (below > uniform) {
      return i - start;
    }
  }
  requireFinite(below);
  return likeliest(probabilities, start, end);
}

/** For the draw that falls into what rounding left the sum short of 1. */
function likeliest(probabilities: Float32Array, start: number, end: number): number {
  let best = start;
  for (let i = start + 1; i < end; i++) {
    if (probabilities[i] > probabilities[best]) {
      best = i;
    }
  }
  return best - start;
}
