import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../errors.ts";
import type { PushedFile } from "../hub/push-model.ts";
import { isModelFile, isWeightsFile, moreTemplatesFolder } from "../model-files.ts";
import { packageVersion } from "../package-version.ts";
import { checkpointAt, newestCheckpoint } from "../trainer/checkpoint.ts";
import { readJournal } from "../trainer/journal.ts";
import { runPaths } from "../trainer/run-folder.ts";
import { modelCard } from "./model-card.ts";
import { loadRecipe } from "./recipe.ts";

/** What goes to the hub for one checkpoint of a run. */
export interface PreparedPush {
  card: string;
  /** The model without what only a resumed run needs. */
  files: readonly PushedFile[];
  step: number;
}

/** Throws ConfigError for a folder that holds no run, CheckpointError for a checkpoint that is not there. */
export async function preparePush(run: string, name: string, step?: number): Promise<PreparedPush> {
  const paths = runPaths(run);
  const checkpoint = step === undefined ? newestCheckpoint(run) : checkpointAt(run, step);
  if (checkpoint === null || !existsSync(paths.recipe)) {
    throw new ConfigError(
      `${run} is no run folder with a checkpoint (recipe.yaml and checkpoints/step-*); give the folder that train wrote`,
    );
  }
  const files = modelFiles(checkpoint.directory);
  return {
    step: checkpoint.state.step,
    files,
    card: modelCard({
      name,
      recipe: await loadRecipe(paths.recipe),
      events: readJournal(paths.journal),
      step: checkpoint.state.step,
      isAdapter: files.every(({ path: file }) => !isWeightsFile(file) || file.startsWith("adapter_")),
      version: packageVersion(),
    }),
  };
}

function modelFiles(directory: string): PushedFile[] {
  const names = readdirSync(directory).filter(isModelFile);
  const templates = path.join(directory, moreTemplatesFolder);
  const more = existsSync(templates) ? readdirSync(templates) : [];
  return [...names, ...more.map((template) => `${moreTemplatesFolder}/${template}`)].sort().map((name) => {
    const file = path.join(directory, name);
    return { path: name, file, size: statSync(file).size };
  });
}
