import { existsSync } from "node:fs";
import path from "node:path";
import { wayOut } from "../../error-text.ts";
import { ConfigError, DataError } from "../../errors.ts";
import { runPaths } from "../../trainer/run-folder.ts";
import { readStoredGroups } from "../../trainer/stored-rollouts.ts";
import { locateModel } from "../model-location.ts";
import { prepareModel, startBackend } from "../prepared-run.ts";
import { loadRecipe } from "../recipe.ts";
import type { TextOutput } from "../terminal.ts";
import { batchesOf, lossNames } from "./losses.ts";
import { type GradientReport, measureGradients } from "./measure-gradients.ts";
import { readStoredBatch } from "./stored-batch.ts";

export interface CompareGradientsOptions {
  rollouts: string;
  recipe?: string | undefined;
  loss?: readonly string[] | undefined;
  base?: string | undefined;
  set?: readonly string[] | undefined;
  progress: TextOutput;
  warn: (message: string) => void;
}

export interface ComparedGradients {
  report: GradientReport;
  /** What the gradients were taken at. */
  weights: string;
  groups: number;
  completions: number;
}

/** Bytes of gradients that are held, where two take less. */
const heldBytes = 2 ** 29;
const bytesPerParameter = 4;

/** Throws ConfigError, DataError, ModelError or CheckpointError for what cannot be compared. */
export async function compareGradients(
  given: string,
  { rollouts, base, warn, progress, ...options }: CompareGradientsOptions,
): Promise<ComparedGradients> {
  const names = chosenLosses(options.loss);
  const { adapterFolder, modelFolder, recipeFile, name } = await locateModel(given, progress, { base });
  const recipe = await loadRecipe(findRecipe(rollouts, options.recipe, recipeFile), {
    model: adapterFolder ?? modelFolder,
    // What is measured has its adapter already, if any.
    set: [...(options.set ?? []), "lora=null"],
  });
  const stored = await readStoredGroups(rollouts);
  if (stored.length === 0) {
    throw new DataError(`${rollouts}: it holds no completions; give another step's rollouts`);
  }
  const prepared = await prepareModel(recipe, { warn, progress, base });
  const { groups, completions, retokenized } = readStoredBatch(stored, prepared.description.codec);
  if (retokenized > 0) {
    warn(
      `${retokenized} of ${completions} completions have another number of tokens when they are made from their text again: their gradients are those of the text`,
    );
  }
  const { algorithm, sampling } = recipe;
  const batches = batchesOf(names, groups, { recipe: algorithm, sampling });
  const backend = await startBackend(prepared, { reference: false });
  try {
    const { parameters, adapter } = backend.model;
    const trained = adapter?.parameters ?? parameters;
    const report = await measureGradients(backend.gradients, batches, {
      held: Math.max(2, Math.floor(heldBytes / (trained * bytesPerParameter))),
      onProgress: (done, total) => void progress.write(`${done} of ${total} backward passes\n`),
    });
    return { report, weights: name, groups: groups.length, completions };
  } finally {
    await backend.close();
  }
}

function chosenLosses(wanted: readonly string[] | undefined): readonly string[] {
  const unknown = wanted?.find((name) => !lossNames.includes(name));
  if (unknown !== undefined) {
    throw new ConfigError(`--loss ${unknown}: there is no such loss${wayOut(unknown, lossNames)}`);
  }
  return wanted === undefined ? lossNames : [...new Set(wanted)];
}

/** That of the run that the rollouts were sampled in, else that of the run that the model is from. */
function findRecipe(rollouts: string, given: string | undefined, ofModel: string | null): string {
  if (!existsSync(rollouts)) {
    throw new ConfigError(
      `--rollouts ${rollouts}: there is no such file; give a run's rollouts/step-*.parquet`,
    );
  }
  const { recipe: ofRun } = runPaths(path.dirname(path.dirname(path.resolve(rollouts))));
  const file = given ?? (existsSync(ofRun) ? ofRun : ofModel);
  if (file === null) {
    throw new ConfigError(`--rollouts ${rollouts}: it does not lie in a run folder; add --recipe FILE`);
  }
  return file;
}
