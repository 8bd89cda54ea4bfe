import { gradients } from "../../engine/autodiff.ts";
import {
  add,
  broadcast,
  concatenate,
  logSumExp,
  multiply,
  reshape,
  slice,
  subtract,
  sumAll,
} from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import type { RowChunk, VocabularyHead } from "../../losses/token-logprobs.ts";
import { type LossInput, type LossKind, symbolicLoss } from "./loss-inputs.ts";

/** Log-probabilities [N], and the gradients of their loss with respect to what the head reads. */
export interface HeadGradients {
  logprobs: Tensor;
  /** [N, D]. */
  rows: Tensor;
  /** Added onto what they were, in the order of the parameters. */
  parameters: readonly Tensor[];
}

/**
 * The vocabulary head over rows [N, D] forward and backward, one chunk after the other: a chunk's loss needs no other
 * rows, so its logits are gone before those of the next are made. `onto` are the gradients of the parameters so far.
 */
export function chunkedHead(
  rows: Tensor,
  head: VocabularyHead,
  kind: LossKind,
  parameters: readonly Tensor[],
  onto: readonly Tensor[],
  chunks: readonly RowChunk[],
): HeadGradients {
  const count = rows.shape[0];
  const lossInputs = new Map<LossInput, Tensor>();
  const lossInput = (name: LossInput): Tensor => {
    const tensor = lossInputs.get(name) ?? input(name, [count]);
    lossInputs.set(name, tensor);
    return tensor;
  };
  const chosen = head.logitsAt(rows, input("targets", [count], "integer"));
  let sums = onto;
  let before: readonly Tensor[] = [];
  const parts = chunks.map(({ start, end }) => {
    const ownRows = after(before, slice(rows, 0, start, end));
    const ownChosen = slice(chosen, 0, start, end);
    const logprobs = reshape(subtract(ownChosen, logSumExp(head.logits(ownRows))), [end - start]);
    const loss = symbolicLoss(logprobs, kind, (name) => slice(lossInput(name), 0, start, end));
    const given = [ownRows, ownChosen];
    const found = gradients(loss, [...parameters, ...given], sums, given);
    before = found.filter((gradient) => gradient.primitive !== "input");
    sums = found.slice(0, parameters.length);
    const [ofRows, ofChosen] = found.slice(parameters.length);
    return { logprobs, ofRows, ofChosen };
  });
  const joined = (part: keyof (typeof parts)[number]): Tensor =>
    concatenate(
      parts.map((each) => each[part]),
      0,
    );
  const ofChosen = joined("ofChosen");
  const throughChosen = gradients(sumAll(multiply(chosen, ofChosen)), [...parameters, rows], sums, [
    rows,
    ofChosen,
  ]);
  return {
    logprobs: joined("logprobs"),
    rows: add(joined("ofRows"), throughChosen[parameters.length]),
    parameters: throughChosen.slice(0, parameters.length),
  };
}

/**
 * The rows [N, D], which are there only once `others` are: a graph says what depends on what, and not in which order the
 * rest runs.
 */
function after(others: readonly Tensor[], rows: Tensor): Tensor {
  const [count, width] = rows.shape;
  const markers = others.map((other) => broadcast(reshape(firstOf(other), [1, 1]), [1, width]));
  return slice(concatenate([rows, ...markers], 0), 0, 0, count);
}

function firstOf(tensor: Tensor): Tensor {
  return tensor.shape.reduce((part, _, axis) => slice(part, axis, 0, 1), tensor);
}
