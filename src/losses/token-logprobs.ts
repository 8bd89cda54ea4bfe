import { concatenate, logSumExp, reshape, slice, subtract } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** Logits of one chunk of rows, 128 MiB: large enough for an efficient product, small beside everything else. */
const chunkElements = 1 << 25;
const smallestChunk = 128;

/** A run of rows whose logits are computed at a time. */
export interface RowChunk {
  start: number;
  end: number;
}

/** Runs of about equal length. */
export function rowChunks(rows: number, vocabularySize: number): RowChunk[] {
  const most = Math.max(smallestChunk, Math.floor(chunkElements / vocabularySize));
  const size = Math.ceil(rows / Math.ceil(rows / most));
  return Array.from({ length: Math.ceil(rows / size) }, (_, chunk) => ({
    start: chunk * size,
    end: Math.min(rows, (chunk + 1) * size),
  }));
}

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
 * The vocabulary head runs over chunks of rows: without a backward pass [N, V] logits never exist whole. The target's own
 * logit is computed by itself, which spares a one-hot in the gradient.
 */
export function tokenLogprobs(hidden: Tensor, head: VocabularyHead, targets: Tensor): Tensor {
  const rows = hidden.shape[0];
  const chunks = rowChunks(rows, head.vocabularySize).map(({ start, end }) =>
    logSumExp(head.logits(slice(hidden, 0, start, end))),
  );
  return reshape(subtract(head.logitsAt(hidden, targets), concatenate(chunks, 0)), [rows]);
}
