import { DataError } from "../errors.ts";
import type { Problem, ScoredGroup } from "../pipeline.ts";
import { shuffledIndices } from "../random.ts";
import type { ProblemSet } from "../tasks/task.ts";

/** What weighs prompts, in a checkpoint. */
export interface PromptState {
  /** Group means by the problem's index, oldest first. */
  histories: Readonly<Record<string, readonly number[]>>;
  /** The problems of the epoch in progress; null before the first. */
  order: { epoch: number; indices: readonly number[] } | null;
}

/** Walks through the training problems. */
export interface ProblemCursor {
  /** Problems of one epoch. */
  readonly size: number;
  /** Problems taken so far, over all epochs: with size, seed and `snapshot` all that there is to resume from. */
  readonly position: number;
  next(): Problem;
  /** Is told what the problems that were taken have earned. */
  observe(groups: readonly ScoredGroup[]): void;
  /** Null where what was earned does not matter. */
  snapshot(): PromptState | null;
}

/** Takes each problem once an epoch, every epoch in an order of its own. */
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
    observe: () => undefined,
    snapshot: () => null,
  };
}
