import type { Tensor } from "../engine/primitives.ts";
import { type Shape, sizeOf } from "../engine/shape.ts";
import type { Attend, HeadLayout, Projections } from "../nn/attention.ts";
import type { RotaryEmbedding } from "../nn/rotary-frequencies.ts";
import type { RotaryTables } from "../nn/rotary-tables.ts";
import type { Rows } from "../nn/rows.ts";
import { type Weights, weightsUnder } from "../nn/weights.ts";

/** The sizes that the rest of the system needs to know of any decoder. */
export interface ModelDimensions extends HeadLayout {
  vocabularySize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  maxPositions: number;
}

/** A trainable tensor under its name in checkpoint files. */
export interface ParameterSpec {
  name: string;
  shape: Shape;
  /** How a fresh model fills it. */
  initialization: "normal" | "zeros" | "ones";
}

/** How many values a model's parameters have. */
export function parameterCount({ parameters }: Pick<LanguageModel, "parameters">): number {
  return parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** A decoder-only language model as a function over symbolic tensors; every family implements this. */
export interface LanguageModel {
  /** `model_type` of its config.json. */
  readonly family: string;
  readonly dimensions: ModelDimensions;
  readonly rotaryEmbedding: RotaryEmbedding;
  /** The vocabulary head is the embedding. */
  readonly tiedEmbeddings: boolean;
  readonly parameters: readonly ParameterSpec[];
  /** Standard deviation of freshly initialised matrices. */
  readonly initializerRange: number;
  /** config.json as it was read, which `save` writes back. */
  readonly configuration: Readonly<Record<string, unknown>>;
  rotaryTables(positions: number): RotaryTables;
  /** [N] token ids -> [N, D]. */
  embed(weights: Weights, tokenIds: Tensor): Tensor;
  /** What the names of a layer's parameters begin with; the rest of the name is the same in every layer. */
  layerPrefix(layer: number): string;
  /** One decoder layer, [N, D] -> [N, D]. `weights` has the names without the layer's prefix. */
  layer(weights: Weights, hidden: Tensor, rows: Rows, attend: Attend): Tensor;
  /** The last norm, rows [N, D]. */
  finalNorm(weights: Weights, hidden: Tensor): Tensor;
  /** The linear layer from rows [N, D] to logits [N, V]; its weight is the embedding where tied. */
  readonly headLayer: string;
}

/** Hidden states before the last norm [N, D]; `attend` is told the layer, which tells caches apart. */
export function hiddenStates(
  model: LanguageModel,
  weights: Weights,
  rows: Rows,
  attend: (projections: Projections, layer: number) => Tensor,
): Tensor {
  let hidden = model.embed(weights, rows.tokenIds);
  for (let layer = 0; layer < model.dimensions.layers; layer++) {
    const own = weightsUnder(weights, model.layerPrefix(layer));
    hidden = model.layer(own, hidden, rows, (projections) => attend(projections, layer));
  }
  return hidden;
}
