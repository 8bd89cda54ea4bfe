import { existsSync } from "node:fs";
import { type DataDetails, joinSource } from "../datasets/data-source.ts";
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
  const { compute: before, model, task } = await loadRecipe(file);
  const compute = { ...before, ...recipe.compute };
  for (const key of Object.keys(compute) as (keyof typeof compute)[]) {
    if (compute[key] !== before[key]) {
      warn(
        `compute.${key} is ${compute[key]} and was ${before[key] ?? "not set"} when ${runFolder} began: the last bits of its numbers will differ from those of an uninterrupted run`,
      );
    }
  }
  return {
    ...recipe,
    compute,
    model: resumedModel(recipe.model, model, warn),
    task: resumedTask(recipe.task, task),
  };
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

/** With the run's own commits of data sets of the hub, which their branches may have left behind. */
function resumedTask(given: Recipe["task"], before: Recipe["task"]): Recipe["task"] {
  if (given.name !== "math" || before.name !== "math") {
    return given;
  }
  const { path, data, heldOutPath, heldOutData, ...others } = given;
  return {
    ...others,
    ...(resumedSource(path, data, before.data, "data") ?? { ...(path && { path }), ...(data && { data }) }),
    ...(resumedSource(heldOutPath, heldOutData, before.heldOutData, "heldOutData") ?? {
      ...(heldOutPath && { heldOutPath }),
      ...(heldOutData && { heldOutData }),
    }),
  };
}

/** Null where the run took no data set of the hub, or is to take another one. */
function resumedSource(
  path: string | undefined,
  given: DataDetails | undefined,
  before: DataDetails | undefined,
  section: "data" | "heldOutData",
): Partial<Record<"data" | "heldOutData", DataDetails>> | null {
  const source = joinSource(path, given);
  const reference = typeof source?.path === "string" ? parseModelReference(source.path) : null;
  const wanted = reference?.revision ?? source?.revision;
  const isPinned = wanted !== undefined && isCommit(wanted);
  return before?.revision === undefined || isPinned || reference?.name !== before.path
    ? null
    : { [section]: { ...source, path: before.path, revision: before.revision } };
}
