import { add, concatenate, matmul, reshape, slice, softmax, transpose } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** Queries, keys and values of the rows of a batch, after rotation: [N, heads * size] and [N, keyValueHeads * size]. */
export interface Projections {
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
}

/** Mixes the values of the positions each row may see -> [N, heads * size]. */
export type Attend = (projections: Projections) => Tensor;

export interface HeadLayout {
  heads: number;
  keyValueHeads: number;
  headSize: number;
}

/** P prompts of T1 positions, each with G completions of T2 positions, padded on the right; 0 prompt positions for none. */
export interface SharedPromptLayout {
  prompts: number;
  promptLength: number;
  completions: number;
  completionLength: number;
}

/** Large enough to vanish in a softmax and small enough to stay finite when added. */
export const masked = -1e9;

/** Rows [outer, length, keyValueHeads * group * size] -> [outer, keyValueHeads, group, length, size]. */
function splitHeads(
  rows: Tensor,
  outer: number,
  length: number,
  { keyValueHeads, headSize }: HeadLayout,
): Tensor {
  const heads = rows.shape[1] / headSize;
  const split = transpose(reshape(rows, [outer, length, heads, headSize]), [0, 2, 1, 3]);
  return reshape(split, [outer, keyValueHeads, heads / keyValueHeads, length, headSize]);
}

/** Keys or values [outer, length, keyValueHeads * size] -> [outer, keyValueHeads, length, size]. */
function splitKeyHeads(rows: Tensor, outer: number, length: number, layout: HeadLayout): Tensor {
  return reshape(splitHeads(rows, outer, length, layout), [
    outer,
    layout.keyValueHeads,
    length,
    layout.headSize,
  ]);
}

/** Smaller blocks make more of small products and of slicing than they spare. */
const smallestBlock = 128;
const mostBlocks = 4;

/**
 * Runs of query positions that are worked on together. A run needs no keys past its end, which with four runs spares
 * three eighths of the scores.
 */
function causalBlocks(length: number): { start: number; end: number }[] {
  const blockLength = Math.max(smallestBlock, Math.ceil(length / mostBlocks));
  return Array.from({ length: Math.ceil(length / blockLength) }, (_, block) => ({
    start: block * blockLength,
    end: Math.min(length, (block + 1) * blockLength),
  }));
}

/** The part of a mask [.., rows, columns] that lies in these rows and before this column. */
function maskBlock(mask: Tensor, { start, end }: { start: number; end: number }, columns: number): Tensor {
  const axis = mask.shape.length - 1;
  return slice(slice(mask, axis - 1, start, end), axis, 0, columns);
}

/**
 * Causal attention within each of `sequences` sequences of `length` rows. Grouped queries share their keys by standing
 * as further rows of one product, so keys are never repeated. `mask`, at least [length, length], is added to the scores;
 * it must hide what follows a position, for most of that is not even computed.
 */
export function causalAttention(
  { queries, keys, values }: Projections,
  { sequences, length, mask }: { sequences: number; length: number; mask: Tensor },
  layout: HeadLayout,
): Tensor {
  const { heads, keyValueHeads, headSize } = layout;
  const group = heads / keyValueHeads;
  const scale = 1 / Math.sqrt(headSize);
  const q = splitHeads(queries, sequences, length, layout);
  const k = splitKeyHeads(keys, sequences, length, layout);
  const v = splitKeyHeads(values, sequences, length, layout);
  const mixed = causalBlocks(length).map(({ start, end }) => {
    const size = end - start;
    const block = reshape(slice(q, 3, start, end), [sequences, keyValueHeads, group * size, headSize]);
    const scores = matmul(block, slice(k, 2, 0, end), { transposeB: true, scale });
    const shown = add(reshape(scores, [sequences, heads, size, end]), maskBlock(mask, { start, end }, end));
    const weights = reshape(softmax(shown), scores.shape);
    return reshape(matmul(weights, slice(v, 2, 0, end)), [sequences, heads, size, headSize]);
  });
  return reshape(transpose(concatenate(mixed, 2), [0, 2, 1, 3]), [sequences * length, heads * headSize]);
}

/**
 * Attention of completions that share their prompt's keys and values, which stand once for all of them: rows are
 * [P, G, T2], prompt rows [P, T1]. `mask` [P, 1, T2, T1 + T2] is added to the scores.
 */
function completionAttention(
  completion: Projections,
  prompt: Pick<Projections, "keys" | "values">,
  mask: Tensor,
  { prompts, promptLength, completions, completionLength }: SharedPromptLayout,
  layout: HeadLayout,
): Tensor {
  const { heads, keyValueHeads, headSize } = layout;
  const group = heads / keyValueHeads;
  const scale = 1 / Math.sqrt(headSize);
  // [P, G, T2, KV, group, size] -> [P, KV, G, group, T2, size]: rows of one prompt and key head stand together.
  const perHead = (rows: Tensor, queriesPerKey: number): Tensor =>
    transpose(
      reshape(rows, [prompts, completions, completionLength, keyValueHeads, queriesPerKey, headSize]),
      [0, 3, 1, 4, 2, 5],
    );
  const own = [prompts, keyValueHeads, completions, completionLength, headSize];
  const q = perHead(completion.queries, group);
  const k = reshape(perHead(completion.keys, 1), own);
  const v = reshape(perHead(completion.values, 1), own);
  const promptKeys = splitKeyHeads(prompt.keys, prompts, promptLength, layout);
  const promptValues = splitKeyHeads(prompt.values, prompts, promptLength, layout);

  const mixed = causalBlocks(completionLength).map(({ start, end }) => {
    const size = end - start;
    const rowsPerPrompt = completions * group * size;
    const total = promptLength + end;
    const block = slice(q, 4, start, end);
    const byPrompt = [prompts, keyValueHeads, rowsPerPrompt, headSize];
    const byCompletion = [prompts, keyValueHeads, completions, group * size, headSize];
    const promptScores = matmul(reshape(block, byPrompt), promptKeys, { transposeB: true, scale });
    const ownScores = matmul(reshape(block, byCompletion), slice(k, 3, 0, end), {
      transposeB: true,
      scale,
    });
    const scores = concatenate(
      [promptScores, reshape(ownScores, [prompts, keyValueHeads, rowsPerPrompt, end])],
      3,
    );
    const shown = add(
      reshape(scores, [prompts, keyValueHeads * completions * group, size, total]),
      maskBlock(mask, { start, end }, total),
    );
    const weights = reshape(softmax(shown), [prompts, keyValueHeads, rowsPerPrompt, total]);
    const promptWeights = slice(weights, 3, 0, promptLength);
    const ownWeights = reshape(slice(weights, 3, promptLength, total), ownScores.shape);
    return add(
      reshape(matmul(promptWeights, promptValues), block.shape),
      reshape(matmul(ownWeights, slice(v, 3, 0, end)), block.shape),
    );
  });
  return reshape(transpose(concatenate(mixed, 4), [0, 2, 4, 1, 3, 5]), [
    prompts * completions * completionLength,
    heads * headSize,
  ]);
}

/**
 * Attention for training: the rows are those of all prompts, then those of all completions. `promptMask` is
 * [T1, T1], `completionMask` [P, 1, T2, T1 + T2], or [T2, T2] without prompt rows.
 */
export function sharedPromptAttention(
  layout: SharedPromptLayout,
  headLayout: HeadLayout,
  masks: { promptMask: Tensor | null; completionMask: Tensor },
): Attend {
  const { prompts, promptLength, completions, completionLength } = layout;
  const { promptMask, completionMask } = masks;
  if (promptMask === null) {
    const sequences = prompts * completions;
    const causal = { sequences, length: completionLength, mask: completionMask };
    return (projections) => causalAttention(projections, causal, headLayout);
  }
  const promptRows = prompts * promptLength;
  return ({ queries, keys, values }) => {
    const part = (start: number, end: number): Projections => ({
      queries: slice(queries, 0, start, end),
      keys: slice(keys, 0, start, end),
      values: slice(values, 0, start, end),
    });
    const prompt = part(0, promptRows);
    const completion = part(promptRows, queries.shape[0]);
    const promptCausal = { sequences: prompts, length: promptLength, mask: promptMask };
    return concatenate(
      [
        causalAttention(prompt, promptCausal, headLayout),
        completionAttention(completion, prompt, completionMask, layout, headLayout),
      ],
      0,
    );
  };
}
