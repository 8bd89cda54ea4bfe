import { existsSync } from "node:fs";
import { runPaths } from "../trainer/run-folder.ts";
import { loadRecipe } from "./recipe.ts";
import type { Recipe } from "./run-config.ts";

/**
 * The recipe with the run's own `compute` settings where it leaves them open, so that a run goes on bit for bit on a
 * machine with another number of cores too. Setting others is allowed, with a warning.
 */
export async function resumedRecipe(
  recipe: Recipe,
  runFolder: string,
  warn: (message: string) => void,
): Promise<Recipe> {
  const file = runPaths(runFolder).recipe;
  if (!existsSync(file)) {
    return recipe;
  }
  const { compute: before } = await loadRecipe(file);
  const compute = { ...before, ...recipe.compute };
  for (const key of Object.keys(compute) as (keyof typeof compute)[]) {
    if (compute[key] !== before[key]) {
      warn(
        `compute.${key} is ${compute[key]} and was ${before[key] ?? "not set"} when ${runFolder} began: the last bits of its numbers will differ from those of an uninterrupted run`,
      );
    }
  }
  return { ...recipe, compute };
}
