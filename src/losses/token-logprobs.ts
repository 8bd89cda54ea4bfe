import { concatenate, logSumExp, reshape, slice, subtract } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** Logits of one chunk of rows: large enough for an efficient product, small beside everything else. */
const chunkElements = 1 << 26;
const smallestChunk = 128;

/** The vocabulary head over rows [N, D]. */
export interface VocabularyHead {
  vocabularySize: number;
  /** [N, V]. */
  logits(rows: Tensor): Tensor;
  /** The logit of one token for each row, [N, 1]. */
  logitsAt(rows: Tensor, tokenIds: Tensor): Tensor;
}

/**
 * Log-probability of each target under the softmax of the logits: hidden [N, D], targets [N] -> [N].
 * The vocabulary head runs over chunks of rows: without a backward pass [N, V] logits never exist whole; one in the same
 * graph reads those of all chunks again. The target's own logit is computed by itself, which spares a one-hot in the
 * gradient.
 */
export function tokenLogprobs(hidden: Tensor, head: VocabularyHead, targets: Tensor): Tensor {
  const rows = hidden.shape[0];
  const chunkRows = Math.max(smallestChunk, Math.floor(chunkElements / head.vocabularySize));
  const chunks: Tensor[] = [];
  for (let start = 0; start < rows; start += chunkRows) {
    const chunk = slice(hidden, 0, start, Math.min(rows, start + chunkRows));
    chunks.push(logSumExp(head.logits(chunk)));
  }
  return reshape(subtract(head.logitsAt(hidden, targets), concatenate(chunks, 0)), [rows]);
}
