import type { Moment } from "./moment.ts";

/** Tensors by parameter name. */
export type NamedValues = Readonly<Record<string, Float32Array>>;

export interface OptimizerState {
  /** Updates made so far. */
  step: number;
  /** Further values a parameter, by name of the moment and then of the parameter. */
  moments: Readonly<Record<string, Readonly<Record<string, Moment>>>>;
}

export interface UpdateArguments {
  parameters: NamedValues;
  gradients: NamedValues;
  state: OptimizerState;
  learningRate: number;
  /** Multiplies every gradient: the factor of gradient-norm clipping. */
  gradientScale: number;
}

/** An optimizer is a pair of functions; what it remembers is plain data that can be saved. */
export interface Optimizer {
  init(parameters: NamedValues): OptimizerState;
  /** Changes parameters and state in place. */
  update(update: UpdateArguments): void;
}
