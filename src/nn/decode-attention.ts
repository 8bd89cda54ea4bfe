import {
  add,
  concatenate,
  matmul,
  multiply,
  reshape,
  slice,
  softmax,
  transpose,
} from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";
import { constant } from "../engine/tensor.ts";
import type { HeadLayout } from "./attention.ts";

/**
 * Keys and values of prompts [P, KV, T1, size] and completions [P, KV, G, capacity, size], the newest position included. Of
 * prompts that are not shared, null; they stand at the beginning of their completions' caches.
 */
export interface DecodeCaches {
  promptKeys: Tensor | null;
  promptValues: Tensor | null;
  keys: Tensor;
  values: Tensor;
}

/**
 * Attention of the newest position in each of P x G completions, `queries` [P * G, heads * size], over its prompt and its
 * completion. `mask` [P, 1, 1, T1 + capacity] hides the padding of prompts and the unused part of the caches.
 */
export function decodeAttention(
  queries: Tensor,
  { promptKeys, promptValues, keys, values }: DecodeCaches,
  mask: Tensor,
  { prompts, completions }: { prompts: number; completions: number },
  { heads, keyValueHeads, headSize }: HeadLayout,
): Tensor {
  const group = heads / keyValueHeads;
  const byPrompt = [prompts, keyValueHeads, 1];
  const byCompletion = [prompts, keyValueHeads, completions];
  const promptRows = [...byPrompt, ...rowsOfProducts(completions * group)];
  const ownRows = [...byCompletion, ...rowsOfProducts(group)];
  const matrices = (cache: Tensor, sequences: readonly number[]): Tensor =>
    reshape(cache, [...sequences, 1, ...cache.shape.slice(-2)]);

  const perHead = transpose(
    reshape(queries, [prompts, completions, keyValueHeads, group, headSize]),
    [0, 2, 1, 3, 4],
  );
  // Scaled beforehand: a product with a scale of its own packs its matrix whatever its rows.
  const q = multiply(reshape(perHead, [...ownRows, headSize]), constant(1 / Math.sqrt(headSize)));
  const promptScores = (cache: Tensor): Tensor => {
    const rows = reshape(q, [...promptRows, headSize]);
    const products = matmul(rows, matrices(cache, byPrompt), { transposeB: true });
    return reshape(products, [...ownRows, cache.shape[2]]);
  };
  const promptMix = (weights: Tensor, cache: Tensor): Tensor => {
    const rows = reshape(weights, [...promptRows, cache.shape[2]]);
    return reshape(matmul(rows, matrices(cache, byPrompt)), q.shape);
  };

  const ownScores = matmul(q, matrices(keys, byCompletion), { transposeB: true });
  const scores = promptKeys ? concatenate([promptScores(promptKeys), ownScores], 5) : ownScores;
  const total = scores.shape[5];
  const weights = softmax(add(scores, reshape(mask, [prompts, 1, 1, 1, 1, total])));
  const promptLength = promptKeys ? promptKeys.shape[2] : 0;
  const own = matmul(slice(weights, 5, promptLength, total), matrices(values, byCompletion));
  const mixed = promptValues ? add(own, promptMix(slice(weights, 5, 0, promptLength), promptValues)) : own;
  const byRow = transpose(reshape(mixed, perHead.shape), [0, 2, 1, 3, 4]);
  return reshape(byRow, [prompts * completions, heads * headSize]);
}

/** From so many vectors on, packing a matrix costs less than reading it for each. */
const fewestPacked = 4;

/**
 * How many products share a matrix, and their rows: a product of one row reads the matrix where it is, where one of
 * several packs it first.
 */
function rowsOfProducts(vectors: number): [products: number, rows: number] {
  return vectors < fewestPacked ? [vectors, 1] : [1, vectors];
}
