import type { SamplingParameters } from "../sampler.ts";

export interface TokenChoice {
  tokenId: number;
  /** Under the distribution it was drawn from; 0 for a greedy choice. */
  logprob: number;
  /** Of that distribution, in nats. */
  entropy: number;
}

/** Chooses the token of one row of logits [rows, V]; `uniform` in [0, 1) decides where the draw falls. */
export type TokenChooser = (
  logits: Float32Array,
  row: number,
  promptTokenIds: readonly number[],
  completionTokenIds: readonly number[],
  uniform: number,
) => TokenChoice;

/**
 * Penalty, temperature, top-k, top-p and min-p in the order and with the meaning of transformers' logits processors,
 * then a draw by inverse cumulative distribution over the tokens that are left, in the order of their ids.
 */
export function createTokenChooser(
  { temperature, topK, topP, minP, repetitionPenalty }: SamplingParameters,
  vocabularySize: number,
): TokenChooser {
  const row = new Float32Array(vocabularySize);
  const weights = new Float64Array(vocabularySize);
  const filters = topK > 0 || topP < 1 || minP > 0;
  return (logits, rowIndex, promptTokenIds, completionTokenIds, uniform) => {
    row.set(logits.subarray(rowIndex * vocabularySize, (rowIndex + 1) * vocabularySize));
    if (repetitionPenalty !== 1) {
      penalize(row, new Set([...promptTokenIds, ...completionTokenIds]), repetitionPenalty);
    }
    if (temperature === 0) {
      return { tokenId: indexOfLargest(row), logprob: 0, entropy: 0 };
    }
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < vocabularySize; i++) {
      if (row[i] > largest) {
        largest = row[i];
      }
    }
    const inverseTemperature = 1 / temperature;
    for (let i = 0; i < vocabularySize; i++) {
      weights[i] = Math.exp((row[i] - largest) * inverseTemperature);
    }
    if (filters) {
      keepLikely(weights, topK, topP, minP);
    }
    return draw(weights, uniform);
  };
}

/** True where tokens are drawn from the whole distribution at some temperature. */
export function drawsFromAll({
  temperature,
  topK,
  topP,
  minP,
  repetitionPenalty,
}: SamplingParameters): boolean {
  return temperature > 0 && topK === 0 && topP >= 1 && minP === 0 && repetitionPenalty === 1;
}

/** Draws a token id from one row of probabilities [rows, V]. */
export function drawFromProbabilities(
  probabilities: Float32Array,
  row: number,
  vocabularySize: number,
  uniform: number,
): number {
  const start = row * vocabularySize;
  const end = start + vocabularySize;
  let below = 0;
  let likeliest = start;
  for (let i = start; i < end; i++) {
    below += probabilities[i];
    if (below > uniform) {
      return i - start;
    }
    if (probabilities[i] > probabilities[likeliest]) {
      likeliest = i;
    }
  }
  // Rounding left the sum a little below `uniform`.
  return likeliest - start;
}

function penalize(row: Float32Array, seen: ReadonlySet<number>, penalty: number): void {
  for (const id of seen) {
    row[id] = row[id] < 0 ? row[id] * penalty : row[id] / penalty;
  }
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) {
    if (row[i] > row[best]) {
      best = i;
    }
  }
  return best;
}

/** Sets the weight of every token to 0 that a filter removes; ties with the last one kept are kept by top-k, as in transformers. */
function keepLikely(weights: Float64Array, topK: number, topP: number, minP: number): void {
  const ids = Uint32Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a] || b - a);
  let kept = ids.length;
  if (topK > 0 && topK < kept) {
    const threshold = weights[ids[topK - 1]];
    kept = ids.findIndex((id) => weights[id] < threshold);
    kept = kept === -1 ? ids.length : kept;
  }
  if (topP < 1) {
    let total = 0;
    for (let i = 0; i < kept; i++) {
      total += weights[ids[i]];
    }
    let above = 0;
    let nucleus = 0;
    // transformers drops a token once the tokens less likely than it, itself included, hold at most 1 - topP.
    while (nucleus < kept && (nucleus === 0 || above < topP * total)) {
      above += weights[ids[nucleus++]];
    }
    kept = nucleus;
  }
  if (minP > 0) {
    const threshold = minP * weights[ids[0]];
    while (kept > 1 && weights[ids[kept - 1]] < threshold) {
      kept--;
    }
  }
  for (let i = kept; i < ids.length; i++) {
    weights[ids[i]] = 0;
  }
}

function draw(weights: Float64Array, uniform: number): TokenChoice {
  let total = 0;
  let weightedLog = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    if (weight > 0) {
      total += weight;
      weightedLog += weight * Math.log(weight);
    }
  }
  const logTotal = Math.log(total);
  const target = uniform * total;
  let below = 0;
  let tokenId = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] > 0) {
      tokenId = i;
      below += weights[i];
      if (below > target) {
        break;
      }
    }
  }
  return {
    tokenId,
    logprob: Math.log(weights[tokenId]) - logTotal,
    entropy: logTotal - weightedLog / total,
  };
}
