import { existsSync } from "node:fs";
import { isCommit, parseModelReference } from "../hub/model-reference.ts";
import { runPaths } from "../trainer/run-folder.ts";
import { loadRecipe } from "./recipe.ts";
import type { Recipe } from "./run-config.ts";

type Warn = (message: string) => void;

/**
 * The recipe with the run's own `compute` settings where it leaves them open, so that a run goes on bit for bit on a
 * machine with another number of cores too, and with the commit of the hub that the run began from. Setting others is
 * allowed, with a warning.
 */
export async function resumedRecipe(recipe: Recipe, runFolder: string, warn: Warn): Promise<Recipe> {
  const file = runPaths(runFolder).recipe;
  if (!existsSync(file)) {
    return recipe;
  }
  const { compute: before, model } = await loadRecipe(file);
  const compute = { ...before, ...recipe.compute };
  for (const key of Object.keys(compute) as (keyof typeof compute)[]) {
    if (compute[key] !== before[key]) {
      warn(
        `compute.${key} is ${compute[key]} and was ${before[key] ?? "not set"} when ${runFolder} began: the last bits of its numbers will differ from those of an uninterrupted run`,
      );
    }
  }
  return { ...recipe, compute, model: resumedModel(recipe.model, model, warn) };
}

/** The run's own commit of a model of the hub, which its branch may have left behind. */
function resumedModel(given: Recipe["model"], before: Recipe["model"], warn: Warn): Recipe["model"] {
  if (typeof given !== "string" || typeof before !== "string" || existsSync(given)) {
    return given;
  }
  const wanted = parseModelReference(given);
  const recorded = parseModelReference(before);
  const isPinned = wanted?.revision && isCommit(wanted.revision);
  if (wanted === null || isPinned || wanted.name !== recorded?.name || recorded.revision === null) {
    return given;
  }
  if (wanted.revision !== null) {
    warn(
      `the run began from ${before} and goes on from it; what ${wanted.revision} stands for now does not matter`,
    );
  }
  return before;
}
