import os from "node:os";
import path from "node:path";
import type { Backend } from "../../engine/backend.ts";
import { ModelError } from "../../errors.ts";
import { configFile } from "../../model-files.ts";
import type { LanguageModel } from "../../models/model.ts";
import { createModel } from "../../models/registry.ts";
import type { WrittenType } from "../../safetensors/writer.ts";
import { type CharacterAlphabet, characterTokenizerFiles } from "../../tokenizer/character-tokenizer.ts";
import { createTokenizer, loadTokenizer } from "../../tokenizer/load-tokenizer.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Codec } from "../codec.ts";
import { createCodec } from "./codec.ts";
import { readJsonFile, readModelFolder, type SideFiles, withWeights } from "./model-folder.ts";
import { createPolicy, type Policy } from "./policy.ts";
import { randomWeights } from "./random-weights.ts";
import { encodeConfig, withDtype } from "./saved-folder.ts";
import { weightWarnings } from "./stored-weights.ts";

/** A model that begins from random weights, with a character-level tokenizer. */
export interface NewModel {
  /** config.json without `vocab_size` and token ids, which the tokenizer decides. */
  config: Readonly<Record<string, unknown>>;
  tokenizer: CharacterAlphabet;
  seed: number;
}

/** The path of a model folder, or a new model. */
export type ModelSource = string | NewModel;

/** A model without its weights: what the main thread needs to talk to it. */
export interface ModelDescription {
  name: string;
  model: LanguageModel;
  codec: Codec;
  /** `config.json` among them. */
  sideFiles: SideFiles;
  /** The type that each parameter is stored in; none for a new model. */
  storedTypes: ReadonlyMap<string, WrittenType>;
  /** What a user should know about the folder, one line each. */
  warnings: readonly string[];
}

export function describeModel(source: ModelSource): ModelDescription {
  return typeof source === "string" ? describeFolder(source) : describeNew(source);
}

function describeFolder(directory: string): ModelDescription {
  const { model, sideFiles, weights } = readModelFolder(directory);
  const tokenizer = loadTokenizer(directory);
  if (tokenizer.vocabularySize > model.dimensions.vocabularySize) {
    throw new ModelError(
      `${directory}: tokenizer.json has ${tokenizer.vocabularySize} tokens but config.json gives the model a ` +
        `vocab_size of ${model.dimensions.vocabularySize}; the two do not belong together`,
    );
  }
  const endTokenIds = endTokenIdsOf(directory, model, sideFiles, tokenizer);
  return {
    name: path.basename(path.resolve(directory)),
    model,
    codec: createCodec(tokenizer, endTokenIds),
    sideFiles,
    storedTypes: weights.types,
    warnings: weightWarnings(directory, weights),
  };
}

/** Every EOS id that generation_config.json, config.json or the tokenizer names, in this order. */
function endTokenIdsOf(
  directory: string,
  model: LanguageModel,
  sideFiles: SideFiles,
  tokenizer: Tokenizer,
): number[] {
  const generationConfig =
    "generation_config.json" in sideFiles ? readJsonFile(path.join(directory, "generation_config.json")) : {};
  const ids = [generationConfig.eos_token_id, model.configuration.eos_token_id, tokenizer.endTokenIds]
    .flat()
    .filter((id) => id !== undefined && id !== null);
  const { vocabularySize } = model.dimensions;
  const wrong = ids.find(
    (id) => !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabularySize,
  );
  if (wrong !== undefined) {
    throw new ModelError(
      `${directory}: eos_token_id ${JSON.stringify(wrong)} is not one of the model's ${vocabularySize} tokens`,
    );
  }
  return [...new Set(ids as number[])];
}

function describeNew({ config, tokenizer: alphabet }: NewModel): ModelDescription {
  const files = characterTokenizerFiles(alphabet);
  const tokenizer = createTokenizer({
    tokenizerFile: "the new model's tokenizer.json",
    tokenizer: JSON.parse(files["tokenizer.json"]),
    configFile: "the new model's tokenizer_config.json",
    config: JSON.parse(files["tokenizer_config.json"]),
    chatTemplate: null,
  });
  const tokens = {
    eos_token_id: tokenizer.endTokenIds[0],
    pad_token_id: tokenizer.padTokenId,
    bos_token_id: null,
  };
  const configuration = { ...config, ...tokens, vocab_size: tokenizer.vocabularySize };
  const sideFiles = {
    ...Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]),
    ),
    [configFile]: encodeConfig(withDtype(configuration, "float32")),
    "generation_config.json": encodeConfig(tokens),
  };
  return {
    name: "new",
    model: createModel(configuration, "the new model's config"),
    codec: createCodec(tokenizer, tokenizer.endTokenIds),
    sideFiles,
    storedTypes: new Map(),
    warnings: [],
  };
}

/** Lays out the weights of a described model: read from its folder, or random from its seed. */
export function loadPolicy(backend: Backend, source: ModelSource, { model }: ModelDescription): Policy {
  if (typeof source === "string") {
    return withWeights(source, model, (fill) => createPolicy(backend, model, fill));
  }
  return createPolicy(backend, model, randomWeights(model, source.seed));
}

/** Threads for one operator where none are asked for: the machine's cores. */
export function defaultThreads(): number {
  return os.availableParallelism();
}
