import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ModelError } from "../../errors.ts";
import { readJsonObject } from "../../json-object-file.ts";
import { configFile, moreTemplatesFolder, sideFileNames } from "../../model-files.ts";
import { embeddingWeight } from "../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../models/model.ts";
import { createModel } from "../../models/registry.ts";
import { openWeights } from "../../safetensors/weights-folder.ts";
import { checkTiedHead, matchWeights, type StoredWeights } from "./stored-weights.ts";

/** Files beside the weights that make a model folder whole, by their path in it: kept byte for byte from where the model came. */
export type SideFiles = Readonly<Record<string, Uint8Array>>;

export interface ModelFolder {
  model: LanguageModel;
  /** `config.json` among them. */
  sideFiles: SideFiles;
  weights: StoredWeights;
}

/** Reads a model folder but for the weights themselves, which follow with `withWeights`. */
export function readModelFolder(directory: string): ModelFolder {
  if (!existsSync(directory)) {
    throw new ModelError(
      `no model folder at ${directory}; give --model the path of a Hugging Face model folder`,
    );
  }
  const file = path.join(directory, configFile);
  if (!existsSync(file)) {
    throw new ModelError(`${directory} has no ${configFile}; is it a Hugging Face model folder?`);
  }
  const model = createModel(readJsonObject(file), file);
  const weights = openWeights(directory);
  try {
    return { model, sideFiles: readSideFiles(directory), weights: matchWeights(directory, weights, model) };
  } finally {
    weights.close();
  }
}

/** The side files that a folder has, `config.json` among them. */
export function readSideFiles(directory: string): SideFiles {
  const present = new Set(readdirSync(directory));
  const names = [configFile, ...sideFileNames].filter((name) => present.has(name));
  if (present.has(moreTemplatesFolder)) {
    const templates = readdirSync(path.join(directory, moreTemplatesFolder)).sort();
    const jinja = templates.filter((name) => name.endsWith(".jinja"));
    names.push(...jinja.map((name) => path.join(moreTemplatesFolder, name)));
  }
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name))]));
}

/** Calls `read` with a function that fills one parameter after another from the folder's weights. */
export function withWeights<T>(
  directory: string,
  model: LanguageModel,
  read: (fill: (name: string, values: Float32Array) => void) => T,
): T {
  const weights = openWeights(directory);
  try {
    const { names, tiedHeadStored } = matchWeights(directory, weights, model);
    return read((name, values) => {
      weights.readInto(names.get(name)!, values);
      if (tiedHeadStored && name === embeddingWeight) {
        checkTiedHead(directory, weights, values);
      }
    });
  } finally {
    weights.close();
  }
}
