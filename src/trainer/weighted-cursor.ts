import { DataError } from "../errors.ts";
import type { ScoredGroup } from "../pipeline.ts";
import { createRandom, shuffledIndices } from "../random.ts";
import type { ProblemSet } from "../tasks/task.ts";
import type { ProblemCursor, PromptState } from "./problem-cursor.ts";
import {
  drawByWeight,
  type PromptWeighting,
  promptWeights,
  wholeBatches,
  withoutDrawn,
} from "./prompt-weights.ts";

export interface WeightedCursorOptions {
  weighting: PromptWeighting;
  /** Prompts that are drawn together; an epoch is whole batches, as upstream's is. */
  batchSize: number;
  position: number;
  /** As `snapshot` gave it. */
  state: PromptState | null;
}

/**
 * Walks through the problems in a random order first, and from the second epoch on draws them by weight, with
 * replacement. Histories are kept by index.
 */
export function createWeightedCursor(
  problems: ProblemSet,
  seed: number,
  { weighting, batchSize, position, state }: WeightedCursorOptions,
): ProblemCursor {
  if (problems.size === 0) {
    throw new DataError("the task has no training problems; check its path and its filters");
  }
  const keys = Array.from({ length: problems.size }, (_, index) => String(index));
  const epochSize = wholeBatches([...keys.keys()], batchSize).length;
  let taken = position;
  let histories = new Map<string, readonly number[]>(Object.entries(state?.histories ?? {}));
  let order = state?.order ?? null;
  const keyOfProblem = new Map<string, string>();

  function nextOrder(epoch: number): NonNullable<PromptState["order"]> {
    if (histories.size === 0) {
      return { epoch, indices: [...shuffledIndices(problems.size, seed, epoch)].slice(0, epochSize) };
    }
    const random = createRandom(seed, epoch, 1);
    const weights = promptWeights(keys, histories, weighting);
    const indices = wholeBatches(drawByWeight(weights, problems.size, random.next), batchSize);
    histories = withoutDrawn(histories, keys, indices);
    return { epoch, indices };
  }

  return {
    size: problems.size,
    get position() {
      return taken;
    },
    next() {
      const epoch = Math.floor(taken / epochSize);
      if (order?.epoch !== epoch) {
        order = nextOrder(epoch);
      }
      const index = order.indices[taken % epochSize]!;
      taken += 1;
      const problem = problems.at(index);
      keyOfProblem.set(problem.id, keys[index]!);
      return problem;
    },
    observe(groups) {
      for (const { prompt, rollouts } of groups) {
        const key = keyOfProblem.get(prompt.problem.id);
        const mean = meanReward(rollouts);
        if (key !== undefined && mean !== null) {
          histories.set(key, [...(histories.get(key) ?? []), mean]);
        }
      }
      keyOfProblem.clear();
    },
    snapshot: () => ({ histories: Object.fromEntries(histories), order }),
  };
}

/** Of the combined rewards; null where no completion has one. */
function meanReward(rollouts: ScoredGroup["rollouts"]): number | null {
  const rewards = rollouts.flatMap(({ score }) => (score.kind === "value" ? [score.value] : []));
  return rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
}
