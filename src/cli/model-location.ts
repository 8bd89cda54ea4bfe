import { existsSync } from "node:fs";
import path from "node:path";
import type { ModelSource } from "../compute/local/local-model.ts";
import { readAdapterConfig } from "../compute/local/lora/adapter-config.ts";
import { isAdapterFolder } from "../compute/local/lora/adapter-folder.ts";
import { ConfigError, isGpgradError, ModelError } from "../errors.ts";
import { formatModelReference, parseModelReference } from "../hub/model-reference.ts";
import { readHubSettings } from "../hub/settings.ts";
import { latestCheckpoint } from "../trainer/checkpoint.ts";
import { runPaths } from "../trainer/run-folder.ts";
import type { TextOutput } from "./terminal.ts";
import { createTransferProgress } from "./transfer-progress.ts";

/** What a MODEL argument stands for. */
export interface ModelLocation {
  /** A folder in the Hugging Face layout; that of the base where there is an adapter. */
  modelFolder: string;
  /** A folder in PEFT's layout; null for a whole model. */
  adapterFolder: string | null;
  /** The completed recipe of a run; null for any other model. */
  recipeFile: string | null;
  /** Names the same weights for ever: a folder, or `org/name@commit` for a model of the hub. */
  name: string;
}

export interface LocateOptions {
  /** The base of an adapter, instead of the one that its configuration names. */
  base?: string | undefined;
}

/**
 * A model folder as it is; an adapter folder with the base that it names; a run folder as its latest checkpoint;
 * `org/name[@revision]`, where there is no such folder, as a model or an adapter of the hub, which is downloaded while
 * `output` is told how far it is.
 */
export async function locateModel(
  model: string,
  output: TextOutput,
  { base }: LocateOptions = {},
): Promise<ModelLocation> {
  const { folder, ...known } = existsSync(model) ? locateFolder(model) : await download(model, output);
  if (isAdapterFolder(folder)) {
    return { ...known, modelFolder: await locateBase(folder, base, output), adapterFolder: folder };
  }
  if (base !== undefined) {
    throw new ConfigError(`--base ${base}: ${model} is no adapter; leave --base out`);
  }
  return { ...known, modelFolder: folder, adapterFolder: null };
}

/** Checkpoints that may be replaced while one is opened. */
const mostReplaced = 20;

/**
 * Opens a model where it is found. The latest checkpoint of a run that goes on may make room for the next before it is
 * read: then the next is opened.
 */
export async function openLocated<Opened>(
  locate: () => Promise<ModelLocation>,
  open: (location: ModelLocation) => Promise<Opened>,
): Promise<Opened> {
  let location = await locate();
  for (let replaced = 0; ; replaced++) {
    try {
      return await open(location);
    } catch (error) {
      const newest = await locate().catch(() => location);
      if (folderOf(newest) === folderOf(location) || replaced === mostReplaced) {
        throw error;
      }
      location = newest;
    }
  }
}

function folderOf({ modelFolder, adapterFolder }: ModelLocation): string {
  return adapterFolder ?? modelFolder;
}

/** A folder that holds a model or an adapter. */
interface LocatedFolder extends Pick<ModelLocation, "recipeFile" | "name"> {
  folder: string;
}

async function download(model: string, output: TextOutput): Promise<LocatedFolder> {
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
    return { folder: found.folder, recipeFile: null, name: formatModelReference(found.reference) };
  } finally {
    progress.close();
  }
}

/** The model that an adapter was made for: a whole one, named in its configuration as `--model` names one. */
async function locateBase(adapter: string, given: string | undefined, output: TextOutput): Promise<string> {
  const { file, base } = readAdapterConfig(adapter);
  // PEFT passes over the revision of a folder.
  const named = base?.revision && !existsSync(base.name) ? `${base.name}@${base.revision}` : base?.name;
  const name = given ?? named;
  if (name === undefined) {
    throw new ModelError(
      `${file}: base_model_name_or_path names no base model; write one there, or, for any command but train, give it with --base MODEL`,
    );
  }
  let location: ModelLocation;
  try {
    location = await locateModel(name, output);
  } catch (error) {
    const wayOut = "name another there, or, for any command but train, give --base MODEL";
    throw given === undefined && isGpgradError(error)
      ? new ModelError(`${file}: base_model_name_or_path: ${error.message}; ${wayOut}`)
      : error;
  }
  if (location.adapterFolder !== null) {
    throw new ModelError(
      `${file}: its base ${name} is an adapter itself; merge that first with gpgrad merge ${name}`,
    );
  }
  return location.modelFolder;
}

/** A model or adapter folder as it is; a run folder as its latest checkpoint and its recipe. */
function locateFolder(folder: string): LocatedFolder {
  if (isAdapterFolder(folder) || existsSync(path.join(folder, "config.json"))) {
    return { folder, recipeFile: null, name: folder };
  }
  const checkpoint = latestCheckpoint(folder);
  if (checkpoint === null) {
    throw new ModelError(
      `${folder}: neither a model folder (no config.json) nor an adapter (no adapter_config.json) nor a run folder with a checkpoint (no checkpoints/step-*)`,
    );
  }
  return { folder: checkpoint, recipeFile: runPaths(folder).recipe, name: checkpoint };
}

/** The located model as the engine takes it. */
export function modelSource({ modelFolder, adapterFolder }: ModelLocation): ModelSource {
  return adapterFolder === null ? modelFolder : { base: modelFolder, adapter: adapterFolder };
}
