import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ConfigError, ModelError } from "../../errors.ts";
import { readJsonObject } from "../../json-object-file.ts";
import { chatTemplateFile, configFile } from "../../model-files.ts";
import type { LanguageModel } from "../../models/model.ts";
import { createModel } from "../../models/registry.ts";
import type { WrittenType } from "../../safetensors/writer.ts";
import { type CharacterAlphabet, characterTokenizerFiles } from "../../tokenizer/character-tokenizer.ts";
import { createTokenizer } from "../../tokenizer/load-tokenizer.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { type ChatTemplateSource, readTokenizerFiles } from "../../tokenizer/tokenizer-files.ts";
import type { Codec } from "../codec.ts";
import { createCodec } from "./codec.ts";
import type { AdapterDescription } from "./lora/adapter.ts";
import { readAdapterConfig } from "./lora/adapter-config.ts";
import { describeAdapter, isFileOfBase } from "./lora/adapter-folder.ts";
import { describeNewAdapter, type NewAdapter } from "./lora/new-adapter.ts";
import { readModelFolder, readSideFiles, type SideFiles } from "./model-folder.ts";
import { encodeConfig, withDtype } from "./saved-folder.ts";
import { weightWarnings } from "./stored-weights.ts";

/** A model that begins from random weights, with a character-level tokenizer. */
export interface NewModel {
  /** config.json without `vocab_size` and token ids, which the tokenizer decides. */
  config: Readonly<Record<string, unknown>>;
  tokenizer: CharacterAlphabet;
  seed: number;
}

/** A model folder whose weights stay as they are, with an adapter: the path of its folder, or a new one. */
export interface AdaptedModel {
  base: string;
  adapter: string | NewAdapter;
}

/** The path of a model folder, a new model, or a model folder with an adapter. */
export type ModelSource = string | NewModel | AdaptedModel;

export interface DescribeOptions {
  /** In the place of the folder's own; Jinja. A new model takes none. */
  chatTemplate?: string | null;
}

/** A model without its weights: what the main thread needs to talk to it. */
export interface ModelDescription {
  name: string;
  model: LanguageModel;
  codec: Codec;
  tokenizer: Tokenizer;
  /** Where the tokenizer comes from; null for a new model. */
  tokenizerFolder: string | null;
  /** null where it has none. */
  chatTemplate: ChatTemplateSource | null;
  /** `config.json` among them. */
  sideFiles: SideFiles;
  /** The type that each parameter is stored in; none for a new model. */
  storedTypes: ReadonlyMap<string, WrittenType>;
  /** Without its values; null where there is none. */
  adapter: AdapterDescription | null;
  /** What a user should know about the folder, one line each. */
  warnings: readonly string[];
}

export function describeModel(
  source: ModelSource,
  { chatTemplate = null }: DescribeOptions = {},
): ModelDescription {
  const description = describeSource(source);
  if (chatTemplate === null) {
    return description;
  }
  const { tokenizerFolder } = description;
  if (tokenizerFolder === null) {
    throw new ConfigError(
      "chatTemplate: a new model reads no chats; leave it out, or give a model with --model",
    );
  }
  const given = { file: "the recipe's chatTemplate", text: chatTemplate };
  const replaced = { ...readTokenizerFiles(tokenizerFolder), chatTemplate: given };
  const tokenizer = createTokenizer(replaced);
  return {
    ...description,
    tokenizer,
    codec: createCodec(tokenizer, description.codec.endTokenIds),
    chatTemplate: given,
    sideFiles: { ...description.sideFiles, [chatTemplateFile]: new TextEncoder().encode(chatTemplate) },
  };
}

function describeSource(source: ModelSource): ModelDescription {
  if (typeof source === "string") {
    return describeFolder(source);
  }
  return "base" in source ? describeAdapted(source) : describeNew(source);
}

/** An adapter folder's own tokenizer and chat template win over those of the base. */
function describeAdapted({ base, adapter }: AdaptedModel): ModelDescription {
  if (typeof adapter !== "string") {
    const description = describeFolder(base);
    return { ...description, adapter: describeNewAdapter(adapter, description.model) };
  }
  const hasTokenizer = existsSync(path.join(adapter, "tokenizer.json"));
  const description = describeFolder(base, hasTokenizer ? adapter : base);
  return {
    ...description,
    name: path.basename(path.resolve(adapter)),
    adapter: describeAdapter(adapter, readAdapterConfig(adapter), description.model),
  };
}

function describeFolder(directory: string, tokenizerFolder = directory): ModelDescription {
  const folder = readModelFolder(directory);
  const { model, weights } = folder;
  const sideFiles =
    tokenizerFolder === directory ? folder.sideFiles : withTokenizerOf(tokenizerFolder, folder.sideFiles);
  const files = readTokenizerFiles(tokenizerFolder);
  const tokenizer = createTokenizer(files);
  if (tokenizer.vocabularySize > model.dimensions.vocabularySize) {
    throw new ModelError(
      `${tokenizerFolder}: tokenizer.json has ${tokenizer.vocabularySize} tokens but config.json gives the model a ` +
        `vocab_size of ${model.dimensions.vocabularySize}; the two do not belong together`,
    );
  }
  const endTokenIds = endTokenIdsOf(directory, model, sideFiles, tokenizer);
  return {
    name: path.basename(path.resolve(directory)),
    model,
    codec: createCodec(tokenizer, endTokenIds),
    tokenizer,
    tokenizerFolder,
    chatTemplate: files.chatTemplate,
    sideFiles,
    storedTypes: weights.types,
    adapter: null,
    warnings: weightWarnings(directory, weights),
  };
}

/** The side files of a base with the tokenizer's files of an adapter. */
function withTokenizerOf(directory: string, sideFiles: SideFiles): SideFiles {
  const pick = (files: SideFiles, wanted: (name: string) => boolean): SideFiles =>
    Object.fromEntries(Object.entries(files).filter(([name]) => wanted(name)));
  return {
    ...pick(sideFiles, isFileOfBase),
    ...pick(readSideFiles(directory), (name) => !isFileOfBase(name)),
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
    "generation_config.json" in sideFiles
      ? readJsonObject(path.join(directory, "generation_config.json"))
      : {};
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
    tokenizer,
    tokenizerFolder: null,
    chatTemplate: null,
    sideFiles,
    storedTypes: new Map(),
    adapter: null,
    warnings: [],
  };
}

/** Threads for one operator where none are asked for: the machine's cores. */
export function defaultThreads(): number {
  return os.availableParallelism();
}
