import { ModelError } from "../errors.ts";
import {
  adapterConfigFile,
  adapterWeightsFile,
  configFile,
  moreTemplatesFolder,
  sideFileNames,
  weightsFile,
  weightsIndexFile,
} from "../model-files.ts";

const isTemplate = new RegExp(String.raw`^${moreTemplatesFolder}/[\w.-]+\.jinja$`);

/**
 * The files that make a model folder among those of a repository: configuration, tokenizer, and the weights either in
 * one file or as an index, whose shards `shardsOf` names; the weights last. Where there is no whole model, those of an
 * adapter. Throws a ModelError that says what the repository is instead.
 */
export function chooseFiles(name: string, present: readonly string[]): string[] {
  const has = new Set(present);
  const weights = [weightsFile, weightsIndexFile].find((file) => has.has(file));
  const templates = present.filter((file) => isTemplate.test(file));
  const sideFiles = [...sideFileNames.filter((file) => has.has(file)), ...templates];
  if (weights !== undefined && has.has(configFile)) {
    return [configFile, ...sideFiles, weights];
  }
  if (has.has(adapterConfigFile) && has.has(adapterWeightsFile)) {
    return [adapterConfigFile, ...sideFiles, adapterWeightsFile];
  }
  throw new ModelError(`${name}: ${whatItIs(present)}`);
}

function whatItIs(present: readonly string[]): string {
  if (present.includes(adapterConfigFile)) {
    return `this repository holds an adapter without ${adapterWeightsFile}; save it again with PEFT's save_pretrained`;
  }
  for (const [ending, what] of [
    [".gguf", "GGUF files"],
    [".bin", "PyTorch's pickled weights (.bin), which can run code when they are read"],
  ] as const) {
    if (present.some((file) => file.endsWith(ending))) {
      return `this repository has ${what} but no ${configFile} with ${weightsFile}; choose one with safetensors`;
    }
  }
  return `this repository has no ${configFile} with ${weightsFile} or ${weightsIndexFile}, so it is no model in the Hugging Face layout; choose another, or another revision`;
}

/** The shards that the text of an index names. Throws a ModelError if the index is broken. */
export function shardsOf(index: string, where: string): string[] {
  const shards = Object.values(weightMap(index));
  const wrong = shards.find(
    (shard) => typeof shard !== "string" || !/^[\w][\w.-]*\.safetensors$/.test(shard),
  );
  if (shards.length === 0 || wrong !== undefined) {
    throw new ModelError(
      `${where}: weight_map ${wrong === undefined ? "lists no tensors" : `places a tensor in ${JSON.stringify(wrong)}, which is no safetensors file in the same folder`}; choose another revision or tell the model's owner`,
    );
  }
  return [...new Set(shards as string[])];
}

function weightMap(index: string): Record<string, unknown> {
  try {
    const { weight_map: map } = JSON.parse(index) as { weight_map?: unknown };
    return typeof map === "object" && map !== null ? (map as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
