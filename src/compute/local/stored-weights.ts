import { shownName } from "../../error-text.ts";
import { ModelError } from "../../errors.ts";
import { embeddingWeight, headWeight } from "../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../models/model.ts";
import { equalsStored } from "../../safetensors/equals-stored.ts";
import { readableType, type TensorEntry } from "../../safetensors/header.ts";
import type { WeightsFolder } from "../../safetensors/weights-folder.ts";
import type { WrittenType } from "../../safetensors/writer.ts";

/** How a model's parameters lie in its folder. */
export interface StoredWeights {
  /** The name that each parameter has in the files. */
  names: ReadonlyMap<string, string>;
  /** The type that keeps each parameter as it is stored; float64 becomes float32. */
  types: ReadonlyMap<string, WrittenType>;
  /** A vocabulary head is stored beside the embedding that it is tied to; the two have to be equal. */
  tiedHeadStored: boolean;
  /** Tensors that the model does not use. */
  unused: readonly string[];
}

/** Buffers that older versions of transformers stored and newer ones pass over. */
const derivedBuffers = [/rotary_emb\.inv_freq/, /(^|\.)position_ids$/];

/** Finds every parameter among the stored tensors. Throws ModelError for one that is missing or of another shape. */
export function matchWeights(
  directory: string,
  { tensors, fileOf }: WeightsFolder,
  model: LanguageModel,
): StoredWeights {
  const tied = model.tiedEmbeddings;
  // transformers ties both ways: where only the head is stored, it is the embedding.
  const storedName = (name: string): string =>
    tied && name === embeddingWeight && !tensors.has(name) ? headWeight : name;
  const names = new Map(model.parameters.map(({ name }) => [name, storedName(name)]));
  const types = new Map<string, WrittenType>();
  for (const { name, shape } of model.parameters) {
    const stored = tensors.get(names.get(name)!);
    if (stored === undefined) {
      throw new ModelError(`${directory}: the weights lack ${name}, ${whyItIsAskedFor(name)}`);
    }
    if (stored.shape.join() !== shape.join()) {
      throw new ModelError(
        `${directory}: ${name} has shape [${stored.shape.join(", ")}], config.json asks for [${shape.join(", ")}]`,
      );
    }
    types.set(name, keptType(stored, fileOf(stored.name)));
  }
  const used = new Set(names.values());
  const tiedHeadStored = tied && tensors.has(headWeight) && !used.has(headWeight);
  const unused = [...tensors.keys()].filter(
    (name) =>
      !used.has(name) &&
      !(tiedHeadStored && name === headWeight) &&
      !derivedBuffers.some((pattern) => pattern.test(name)),
  );
  return { names, types, tiedHeadStored, unused };
}

/** The type that stores a tensor as it was, at no more than float32. Throws a ModelError for what are no floats. */
export function keptType(entry: TensorEntry, file: string): WrittenType {
  const storedType = readableType(entry, file);
  return storedType === "F16" || storedType === "BF16" ? storedType : "F32";
}

function whyItIsAskedFor(name: string): string {
  return name === headWeight
    ? "and config.json does not tie it to the embedding; set tie_word_embeddings to true there if the model shares the two, or download all of the weights"
    : "which config.json asks for; the two do not belong together";
}

const namesShown = 4;

/** What transformers would report about these weights, one line each. */
export function weightWarnings(directory: string, { unused }: StoredWeights): string[] {
  if (unused.length === 0) {
    return [];
  }
  const names = unused.slice(0, namesShown).map(shownName).join(", ");
  const more = unused.length > namesShown ? ` and ${unused.length - namesShown} more` : "";
  return [
    `${directory}: the model of config.json does not use ${names}${more}; saved folders will not have ${unused.length === 1 ? "it" : "them"}`,
  ];
}

/**
 * Throws ModelError where the stored head differs from the embedding that config.json ties it to: transformers then
 * unties the two, other tools ignore the head.
 */
export function checkTiedHead(directory: string, weights: WeightsFolder, embedding: Float32Array): void {
  if (!equalsStored(weights, headWeight, embedding)) {
    throw new ModelError(
      `${directory}: config.json ties ${headWeight} to ${embeddingWeight}, but the weights have both and they differ; set tie_word_embeddings to false in config.json to use both`,
    );
  }
}
