import type { Tensor } from "../engine/primitives.ts";
import type { Shape } from "../engine/shape.ts";
import type { Attend, HeadLayout } from "../nn/attention.ts";
import type { RotaryTables } from "../nn/rotary-tables.ts";

/** The sizes that the rest of the system needs to know of any decoder. */
export interface ModelDimensions extends HeadLayout {
  vocabularySize: number;
  hiddenSize: number;
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

/** The symbolic value of a parameter in the graph that is being built. */
export type ParameterLookup = (name: string) => Tensor;

/** What the model reads of each row: its token, its position and the tables of the rotation. */
export interface Rows {
  /** [N] integers. */
  tokenIds: Tensor;
  /** [N] integers, counted from 0 within each sequence. */
  positions: Tensor;
  /** [M, headSize / 2]. */
  cosines: Tensor;
  sines: Tensor;
}

/** A decoder-only language model as a function over symbolic tensors; every family implements this. */
export interface LanguageModel {
  /** `model_type` of its config.json. */
  readonly family: string;
  readonly dimensions: ModelDimensions;
  readonly parameters: readonly ParameterSpec[];
  /** Standard deviation of freshly initialised matrices. */
  readonly initializerRange: number;
  /** config.json as it was read, which `save` writes back. */
  readonly configuration: Readonly<Record<string, unknown>>;
  rotaryTables(positions: number): RotaryTables;
  /** Hidden states before the last norm [N, D]. */
  hiddenStates(parameters: ParameterLookup, rows: Rows, attend: Attend): Tensor;
  /** The last norm, rows [N, D]. */
  finalNorm(parameters: ParameterLookup, hidden: Tensor): Tensor;
  /** The vocabulary head [V, D]; the embedding where tied. */
  headWeight(parameters: ParameterLookup): Tensor;
}
