import os from "node:os";
import { engineSettings } from "../compute/local/engine-settings.ts";
import { estimateMemory, type MemoryEstimate } from "../compute/local/memory-estimate.ts";
import { lookups } from "./algorithm-section.ts";
import { engineOptions, type PreparedModel } from "./prepared-run.ts";
import type { Recipe } from "./run-config.ts";

/** Going through all graphs of a deep model takes seconds, and a dry run and its checks ask for the same. */
const predicted = new WeakMap<PreparedModel["description"], WeakMap<Recipe, MemoryEstimate>>();

/** What a training run takes at its fullest: every prompt and completion as long as the recipe allows. */
export function predictMemory(
  { description }: Pick<PreparedModel, "description">,
  recipe: Recipe,
): MemoryEstimate {
  const known = predicted.get(description) ?? new WeakMap<Recipe, MemoryEstimate>();
  const estimate = known.get(recipe) ?? goThrough(description, recipe);
  predicted.set(description, known.set(recipe, estimate));
  return estimate;
}

function goThrough(description: PreparedModel["description"], recipe: Recipe): MemoryEstimate {
  const { promptsPerStep, completionsPerPrompt, maxPromptTokens } = recipe.train;
  return estimateMemory(description, engineSettings(engineOptions(recipe), description.model), {
    promptsPerStep,
    completionsPerPrompt,
    maxPromptTokens,
    sampling: recipe.sampling,
    evaluationProblems: recipe.evaluate.problems,
    lookups: Object.values(lookups(recipe.algorithm)).filter(Boolean).length,
  });
}

/** What the container or the machine allows. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, os.totalmem()) : os.totalmem();
}
