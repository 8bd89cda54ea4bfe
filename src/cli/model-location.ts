import { existsSync } from "node:fs";
import path from "node:path";
import { ModelError } from "../errors.ts";
import { latestCheckpoint } from "../trainer/checkpoint.ts";
import { runPaths } from "../trainer/run-folder.ts";

/** What a MODEL argument stands for. */
export interface ModelLocation {
  /** A folder in the Hugging Face layout. */
  modelFolder: string;
  /** The completed recipe of a run; null for a model folder. */
  recipeFile: string | null;
}

/** A model folder as it is; a run folder as its latest checkpoint. */
export function locateModel(folder: string): ModelLocation {
  if (existsSync(path.join(folder, "config.json"))) {
    return { modelFolder: folder, recipeFile: null };
  }
  if (!existsSync(folder)) {
    throw new ModelError(`${folder}: there is no such folder; give a model folder or a run folder`);
  }
  const checkpoint = latestCheckpoint(folder);
  if (checkpoint === null) {
    throw new ModelError(
      `${folder}: neither a model folder (no config.json) nor a run folder with a checkpoint (no checkpoints/step-*)`,
    );
  }
  return { modelFolder: checkpoint, recipeFile: runPaths(folder).recipe };
}
