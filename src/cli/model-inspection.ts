import { existsSync } from "node:fs";
import path from "node:path";
import { readModelFolder } from "../compute/local/model-folder.ts";
import { weightWarnings } from "../compute/local/stored-weights.ts";
import { shown } from "../error-text.ts";
import { readJsonObject } from "../json-object-file.ts";
import { embeddingWeight, headWeight } from "../models/decoder-parameters.ts";
import type { LanguageModel, ModelDimensions } from "../models/model.ts";
import type { RotaryEmbedding } from "../nn/rotary-frequencies.ts";
import { openWeights } from "../safetensors/weights-folder.ts";
import { joinAddedTokens, specialTokenRoles } from "../tokenizer/added-tokens.ts";
import { createTokenizer } from "../tokenizer/load-tokenizer.ts";
import { readTokenizerFiles, type TokenizerFiles } from "../tokenizer/tokenizer-files.ts";
import { type ChatTemplateFacts, chatTemplateFacts } from "./chat-template-facts.ts";
import { type EndTokenSources, endTokenIdsIn, endTokenProblems } from "./end-token-sources.ts";
import { formatBytes } from "./format.ts";

export interface NamedToken {
  token: string;
  id: number | null;
}

/** What can be known of a model folder without reading its weights. */
export interface ModelInspection {
  /** As `locateModel` names it. */
  name: string;
  folder: string;
  architecture: ModelDimensions & {
    family: string;
    rotaryEmbedding: RotaryEmbedding;
    tiedEmbeddings: boolean;
  };
  parameters: { total: number; trainable: number; embeddings: number; embeddingShare: number };
  /** Of each type the tensors on disk, whether the model uses them or not. */
  storage: { bytes: number; types: Record<string, { tensors: number; bytes: number }> };
  /** Bytes in float32. */
  memory: Record<MemoryUse, number>;
  tokenizer: {
    /** One more than the highest id. */
    vocabularySize: number;
    addedTokens: number;
    specialTokens: NamedToken[];
    bos: NamedToken | null;
    eos: NamedToken | null;
    pad: NamedToken | null;
  };
  chatTemplate: ChatTemplateFacts | null;
  endTokenIds: EndTokenSources;
  warnings: string[];
}

export type MemoryUse =
  | "weights"
  | "gradients"
  | "adamwMoments"
  | "keyValueCachePerToken"
  | "keyValueCacheOf8x1024Tokens";

const generationConfigFile = "generation_config.json";
const bytesPerValue = 4;

/** Reads the headers of the weights and the JSON beside them. */
export function inspectModel(folder: string, name = folder): ModelInspection {
  const { model, weights } = readModelFolder(folder);
  const files = readTokenizerFiles(folder);
  const tokenizer = createTokenizer(files);
  const addedTokens = joinAddedTokens(files, new Map());
  const template = files.chatTemplate && chatTemplateFacts(files.chatTemplate, tokenizer, addedTokens);
  const generationFile = path.join(folder, generationConfigFile);
  const endTokenIds: EndTokenSources = {
    config: endTokenIdsIn(model.configuration),
    generationConfig: existsSync(generationFile) ? endTokenIdsIn(readJsonObject(generationFile)) : null,
    tokenizer: tokenizer.endTokenIds,
    chatTemplate: template?.endTokenIds ?? [],
  };
  const roles = specialTokenRoles(files.config);
  const tokenOf = (role: string): NamedToken | null =>
    roles[role] === undefined
      ? null
      : { token: roles[role], id: tokenizer.encode(roles[role]).at(0) ?? null };
  const parameters = countParameters(model);
  const storage = storageOf(folder);
  const memory = memoryOf(model, parameters.total);
  const { vocabularySize } = model.dimensions;
  return {
    name,
    folder,
    architecture: {
      family: model.family,
      ...model.dimensions,
      rotaryEmbedding: model.rotaryEmbedding,
      tiedEmbeddings: model.tiedEmbeddings,
    },
    parameters,
    storage,
    memory,
    tokenizer: {
      vocabularySize: tokenizer.vocabularySize,
      addedTokens: addedTokens.length,
      specialTokens: addedTokens
        .filter(({ special }) => special)
        .map(({ content, id }) => ({ token: content, id })),
      bos: tokenOf("bos_token"),
      eos: tokenOf("eos_token"),
      pad: tokenOf("pad_token"),
    },
    chatTemplate: template,
    endTokenIds,
    warnings: [
      ...weightWarnings(folder, weights),
      ...storageWarnings(storage, memory.weights),
      ...vocabularyWarnings(tokenizer.vocabularySize, vocabularySize),
      ...endTokenProblems(endTokenIds, { vocabularySize, decode: tokenizer.decode }).map(
        ({ message, remedy }) => `${message}; ${remedy}`,
      ),
      ...templateAndGenerationWarnings(endTokenIds, template),
      ...positionWarnings(files, model.dimensions.maxPositions),
    ],
  };
}

function countParameters({ parameters }: LanguageModel): ModelInspection["parameters"] {
  let total = 0;
  let embeddings = 0;
  for (const { name, shape } of parameters) {
    const size = shape.reduce((product, length) => product * length, 1);
    total += size;
    embeddings += name === embeddingWeight || name === headWeight ? size : 0;
  }
  return { total, trainable: total, embeddings, embeddingShare: embeddings / total };
}

function storageOf(folder: string): ModelInspection["storage"] {
  const weights = openWeights(folder);
  try {
    const types: ModelInspection["storage"]["types"] = {};
    let bytes = 0;
    for (const { storedType, start, end } of weights.tensors.values()) {
      types[storedType] ??= { tensors: 0, bytes: 0 };
      types[storedType].tensors++;
      types[storedType].bytes += end - start;
      bytes += end - start;
    }
    return { bytes, types };
  } finally {
    weights.close();
  }
}

function memoryOf({ dimensions }: LanguageModel, parameters: number): ModelInspection["memory"] {
  const { layers, keyValueHeads, headSize } = dimensions;
  const perToken = 2 * layers * keyValueHeads * headSize * bytesPerValue;
  return {
    weights: parameters * bytesPerValue,
    gradients: parameters * bytesPerValue,
    adamwMoments: 2 * parameters * bytesPerValue,
    keyValueCachePerToken: perToken,
    keyValueCacheOf8x1024Tokens: perToken * 8 * 1024,
  };
}

function storageWarnings({ types, bytes }: ModelInspection["storage"], inMemory: number): string[] {
  const narrow = Object.keys(types).filter((type) => type === "BF16" || type === "F16");
  return narrow.length === 0
    ? []
    : [
        `weights stored as ${narrow.join(" and ")} are computed with in float32: ${formatBytes(bytes)} on disk are ${formatBytes(inMemory)} in memory`,
      ];
}

function vocabularyWarnings(tokens: number, rows: number): string[] {
  if (tokens > rows) {
    return [
      `the tokenizer has ${tokens} tokens but the model only ${rows} rows: the two do not belong together, and training refuses them`,
    ];
  }
  return tokens < rows
    ? [
        `the model has ${rows} rows for ${tokens} tokens: ${rows - tokens} ids stand for no text, and none of them should ever be likely`,
      ]
    : [];
}

function templateAndGenerationWarnings(
  { generationConfig }: EndTokenSources,
  template: ChatTemplateFacts | null,
): string[] {
  const warnings: string[] = [];
  if (generationConfig === null) {
    warnings.push(`there is no ${generationConfigFile}: other tools generate with their own settings`);
  }
  if (template === null) {
    warnings.push("there is no chat template: prompts are plain text, and tasks that chat cannot be trained");
  } else if (template.problem !== null) {
    warnings.push(template.problem);
  } else if (template.endTokenIds.length === 0 && template.answerEnd.trim() !== "") {
    warnings.push(
      `the chat template ends an answer with ${shown(template.answerEnd)}, which begins with no added token of the tokenizer: is it the template of another model?`,
    );
  }
  return warnings;
}

/** Tokenizers without a limit give a number like 1e30. */
const noLimit = 1e9;

function positionWarnings({ config }: TokenizerFiles, maxPositions: number): string[] {
  const { model_max_length: limit } = config;
  return typeof limit === "number" && limit < noLimit && limit > maxPositions
    ? [
        `tokenizer_config.json allows ${limit} tokens, the model has ${maxPositions} positions: prompt and completion together must stay below that`,
      ]
    : [];
}
