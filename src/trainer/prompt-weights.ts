import { DataError } from "../errors.ts";

/**
 * Adaptive sampling of prompts, as upstream's `AdpativeRepeatRandomSampler` weighs them: by the means of the rewards that a
 * prompt's groups earned since it was last drawn. A prompt without any has weight 1.
 */
const strategies = {
  uniform: () => 1,
  /** The less a prompt earned, the likelier. */
  hard: (mean: number) => 1 - mean,
  /** The same, but what earned always 1 or always 0 stays away. */
  soft: (mean: number) => (mean === 0 || mean === 1 ? 0 : 1 - mean),
  /** All alike but those. */
  medium: (mean: number) => (mean === 0 || mean === 1 ? 0 : 1),
} as const satisfies Record<string, (mean: number) => number>;

export type PromptWeighting = keyof typeof strategies;

export const promptWeightings = Object.keys(strategies) as [PromptWeighting, ...PromptWeighting[]];

/** The group means of prompts by key, oldest first. */
export type PromptHistories = ReadonlyMap<string, readonly number[]>;

export function promptWeight(history: readonly number[], weighting: PromptWeighting): number {
  return history.length === 0
    ? 1
    : strategies[weighting](history.reduce((sum, mean) => sum + mean, 0) / history.length);
}

/** One weight a prompt, in the order of the keys; where rewards exceed 1, some may be negative. Throws a DataError for a key that is no text. */
export function promptWeights(
  keys: readonly string[],
  histories: PromptHistories,
  weighting: PromptWeighting,
): number[] {
  return keys.map((key, index) => {
    if (typeof key !== "string") {
      throw new DataError(`the history of prompt ${index} is kept by a text; its key is ${typeof key}`);
    }
    return promptWeight(histories.get(key) ?? [], weighting);
  });
}

/**
 * `count` indices drawn with replacement, each as likely as its weight; a negative one counts as 0. `uniform`: numbers in
 * [0, 1). Throws a DataError where no weight is above 0.
 */
export function drawByWeight(weights: readonly number[], count: number, uniform: () => number): number[] {
  let total = 0;
  const sums = Float64Array.from(weights, (weight) => {
    total += Math.max(0, weight);
    return total;
  });
  if (!(total > 0)) {
    throw new DataError(
      `all ${weights.length} problems have weight 0: by their groups' rewards there is nothing left to learn; go on from the checkpoint in another folder, with train.promptWeights uniform or harder problems`,
    );
  }
  return Array.from({ length: count }, () => firstAbove(sums, uniform() * total));
}

/** The indices that fill whole batches; all of them where there are fewer than one batch takes. */
export function wholeBatches(indices: readonly number[], batchSize: number): number[] {
  const whole = indices.length - (indices.length % batchSize);
  return indices.slice(0, whole === 0 ? indices.length : whole);
}

/** Without the histories of the prompts that were drawn: each starts anew. */
export function withoutDrawn(
  histories: PromptHistories,
  keys: readonly string[],
  drawn: readonly number[],
): Map<string, readonly number[]> {
  const left = new Map(histories);
  for (const index of drawn) {
    left.delete(keys[index]!);
  }
  return left;
}

function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! > value) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
