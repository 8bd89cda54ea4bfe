import { existsSync } from "node:fs";
import path from "node:path";
import { ModelError } from "../errors.ts";
import { formatModelReference, parseModelReference } from "../hub/model-reference.ts";
import { readHubSettings } from "../hub/settings.ts";
import { latestCheckpoint } from "../trainer/checkpoint.ts";
import { runPaths } from "../trainer/run-folder.ts";
import type { TextOutput } from "./terminal.ts";
import { createTransferProgress } from "./transfer-progress.ts";

/** What a MODEL argument stands for. */
export interface ModelLocation {
  /** A folder in the Hugging Face layout. */
  modelFolder: string;
  /** The completed recipe of a run; null for any other model. */
  recipeFile: string | null;
  /** Names the same weights for ever: a folder, or `org/name@commit` for a model of the hub. */
  name: string;
}

/**
 * A model folder as it is; a run folder as its latest checkpoint; `org/name[@revision]`, where there is no such folder, as
 * a model of the hub, which is downloaded while `output` is told how far it is.
 */
export async function locateModel(model: string, output: TextOutput): Promise<ModelLocation> {
  if (existsSync(path.join(model, "config.json"))) {
    return { modelFolder: model, recipeFile: null, name: model };
  }
  if (existsSync(model)) {
    return locateCheckpoint(model);
  }
  const reference = parseModelReference(model);
  if (reference === null) {
    throw new ModelError(
      `${model}: there is no such folder, and it cannot be a model of the hub, which is named ORG/NAME or ORG/NAME@REVISION; give (as MODEL or --model) a model folder, a run folder or such a name`,
    );
  }
  const { downloadModel } = await import("../hub/download-model.ts");
  const progress = createTransferProgress(output, "download", model);
  try {
    const found = await downloadModel(reference, readHubSettings(), { onProgress: progress.update });
    return { modelFolder: found.folder, recipeFile: null, name: formatModelReference(found.reference) };
  } finally {
    progress.close();
  }
}

function locateCheckpoint(folder: string): ModelLocation {
  const checkpoint = latestCheckpoint(folder);
  if (checkpoint === null) {
    throw new ModelError(
      `${folder}: neither a model folder (no config.json) nor a run folder with a checkpoint (no checkpoints/step-*)`,
    );
  }
  return { modelFolder: checkpoint, recipeFile: runPaths(folder).recipe, name: checkpoint };
}
