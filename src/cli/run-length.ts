import type { Recipe } from "./run-config.ts";

/** A recipe whose lengths are counted in steps. */
export type MeasuredRecipe = Recipe & {
  train: { steps: number };
  evaluate: { every: number };
  checkpoint: { every: number };
};

/** The recipe with its epochs and shares in steps, for a task of so many training problems. */
export function withSteps(recipe: Recipe, problems: number): MeasuredRecipe {
  const { epochs, ...train } = recipe.train;
  const stepsPerEpoch = problems / train.promptsPerStep;
  const steps = train.steps ?? Math.ceil((epochs ?? 0) * stepsPerEpoch);
  const allSteps = steps + (recipe.warmStart?.steps ?? 0);
  const inSteps = (every: Recipe["checkpoint"]["every"]): number => {
    if (every === "epoch") {
      return Math.ceil(stepsPerEpoch);
    }
    return every > 0 && every < 1 ? Math.ceil(every * allSteps) : every;
  };
  return {
    ...recipe,
    train: { ...train, steps },
    evaluate: { ...recipe.evaluate, every: inSteps(recipe.evaluate.every) },
    checkpoint: { ...recipe.checkpoint, every: inSteps(recipe.checkpoint.every) },
  };
}
