import { DataError } from "../errors.ts";
import type { Problem } from "../pipeline.ts";
import { shuffledIndices } from "../random.ts";
import type { ProblemSet } from "../tasks/task.ts";

/** Walks through the problems, each once an epoch, every epoch in an order of its own. */
export interface ProblemCursor {
  /** Problems of one epoch. */
  readonly size: number;
  /** Problems taken so far, over all epochs: with size and seed all that there is to resume from. */
  readonly position: number;
  next(): Problem;
}

export function createProblemCursor(problems: ProblemSet, seed: number, position = 0): ProblemCursor {
  if (problems.size === 0) {
    throw new DataError("the task has no training problems; check its path and its filters");
  }
  let taken = position;
  let order: { epoch: number; indices: Uint32Array } | null = null;
  return {
    size: problems.size,
    get position() {
      return taken;
    },
    next() {
      const epoch = Math.floor(taken / problems.size);
      if (order?.epoch !== epoch) {
        order = { epoch, indices: shuffledIndices(problems.size, seed, epoch) };
      }
      const problem = problems.at(order.indices[taken % problems.size]);
      taken += 1;
      return problem;
    },
  };
}
