import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { readAdapterConfig } from "../compute/local/lora/adapter-config.ts";
import { shown } from "../error-text.ts";
import { ConfigError } from "../errors.ts";
import { type ModelReference, parseModelReference } from "../hub/model-reference.ts";
import type { PushedFile } from "../hub/push-model.ts";
import { adapterConfigFile, isModelFile, isWeightsFile, moreTemplatesFolder } from "../model-files.ts";
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

export interface PushChoices {
  /** Of the checkpoint; the newest if not given. */
  step?: number | undefined;
  /** The base model on the hub, where the run's records name a folder. */
  base?: ModelReference | null;
}

/**
 * Throws ConfigError for a folder that holds no run and for an adapter whose base nobody else has, CheckpointError for a
 * checkpoint that is not there.
 */
export async function preparePush(
  run: string,
  name: string,
  { step, base = null }: PushChoices = {},
): Promise<PreparedPush> {
  const paths = runPaths(run);
  const checkpoint = step === undefined ? newestCheckpoint(run) : checkpointAt(run, step);
  if (checkpoint === null || !existsSync(paths.recipe)) {
    throw new ConfigError(
      `${run} is no run folder with a checkpoint (recipe.yaml and checkpoints/step-*); give the folder that train wrote`,
    );
  }
  const found = modelFiles(checkpoint.directory);
  const files = found.map((each) =>
    each.path === adapterConfigFile ? publicAdapterConfig(each.file, base) : each,
  );
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
      base,
    }),
  };
}

/** PEFT loads the base by the name that the file gives, so a folder of this machine would be of no use to others. */
function publicAdapterConfig(file: string, given: ModelReference | null): PushedFile {
  const { json, base } = readAdapterConfig(path.dirname(file));
  const isOnHub = base !== null && !existsSync(base.name) && parseModelReference(base.name) !== null;
  if (given === null && !isOnHub) {
    throw new ConfigError(
      `${file}: base_model_name_or_path is ${shown(base?.name ?? null)}, which others do not have; name the base model on the hub with --base ORG/NAME`,
    );
  }
  const named = given && { base_model_name_or_path: given.name, revision: given.revision };
  const text = `${JSON.stringify({ ...json, ...named }, null, 2)}\n`;
  return { path: adapterConfigFile, text, size: Buffer.byteLength(text) };
}

function modelFiles(directory: string): { path: string; file: string; size: number }[] {
  const names = readdirSync(directory).filter(isModelFile);
  const templates = path.join(directory, moreTemplatesFolder);
  const more = existsSync(templates) ? readdirSync(templates) : [];
  return [...names, ...more.map((template) => `${moreTemplatesFolder}/${template}`)].sort().map((name) => {
    const file = path.join(directory, name);
    return { path: name, file, size: statSync(file).size };
  });
}
