import {
  concatenate,
  gatherRows,
  logSumExp,
  matmul,
  multiply,
  reshape,
  slice,
  subtract,
  sum,
} from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** Logits of one chunk of rows: large enough for an efficient product, small beside everything else. */
const chunkElements = 1 << 20;
const smallestChunk = 128;

/**
 * Log-probability of each target under softmax(hidden head^T): hidden [N, D], head [V, D], targets [N] -> [N].
 * The vocabulary head runs over chunks of rows, so [N, V] logits never exist whole. The target's own logit is a dot
 * product with its row of the head, which spares a one-hot in the gradient.
 */
export function tokenLogprobs(hidden: Tensor, head: Tensor, targets: Tensor): Tensor {
  const rows = hidden.shape[0];
  const vocabularySize = head.shape[0];
  const chunkRows = Math.max(smallestChunk, Math.floor(chunkElements / vocabularySize));
  const chunks: Tensor[] = [];
  for (let start = 0; start < rows; start += chunkRows) {
    const chunk = slice(hidden, 0, start, Math.min(rows, start + chunkRows));
    chunks.push(logSumExp(matmul(chunk, head, { transposeB: true })));
  }
  const targetLogits = sum(multiply(hidden, gatherRows(head, targets)), [1]);
  return reshape(subtract(targetLogits, concatenate(chunks, 0)), [rows]);
}
