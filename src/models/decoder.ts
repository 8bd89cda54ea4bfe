import { gatherRows, rmsNorm } from "../engine/operations.ts";
import { decoderLayer } from "../nn/decoder-layer.ts";
import { rotaryFrequencies } from "../nn/rotary-frequencies.ts";
import { rotaryTables } from "../nn/rotary-tables.ts";
import type { Json } from "./config-fields.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import {
  type DecoderTraits,
  decoderParameters,
  embeddingWeight,
  headLayer,
  lastNormWeight,
  layerPrefix,
} from "./decoder-parameters.ts";
import type { LanguageModel } from "./model.ts";

/** The decoder that all families of text models are: embedding, decoder layers, RMSNorm, vocabulary head. */
export function createDecoder(
  family: string,
  configuration: Json,
  config: DecoderConfig,
  traits: DecoderTraits,
): LanguageModel {
  const { normEpsilon, rotaryEmbedding, tiedEmbeddings, initializerRange, ...dimensions } = config;
  const layerOptions = { ...dimensions, normEpsilon, headNorms: traits.headNorms };
  return {
    family,
    dimensions,
    rotaryEmbedding,
    tiedEmbeddings,
    parameters: decoderParameters(config, traits),
    initializerRange,
    configuration,
    rotaryTables: (positions) =>
      rotaryTables(rotaryFrequencies(rotaryEmbedding, dimensions.headSize), positions),
    embed: (weights, tokenIds) => gatherRows(weights.tensor(embeddingWeight), tokenIds),
    layerPrefix,
    layer: (weights, hidden, rows, attend) => decoderLayer(weights, hidden, rows, attend, layerOptions),
    finalNorm: (weights, hidden) => rmsNorm(hidden, weights.tensor(lastNormWeight), normEpsilon),
    headLayer,
  };
}
