import type { Tensor } from "../engine/primitives.ts";
import type { SwigluMlp } from "./mlp.ts";

/** The symbolic values of a model's parameters in the graph that is being built, under their names in checkpoint files. */
export interface Weights {
  tensor(name: string): Tensor;
  /** Rows [N, in] through the linear layer `name` (its weight, and its bias and adapter where it has them) -> [N, out]. */
  linear(x: Tensor, name: string): Tensor;
  /** The output that `indices` [N] names of each row of `linear`, [N, 1]. */
  linearAt(x: Tensor, name: string, indices: Tensor): Tensor;
  /** Rows [N, D] through the MLP of the linear layers with these names -> [N, D]. */
  swigluMlp(x: Tensor, names: SwigluMlp<string>): Tensor;
}

/** The weights whose names begin with `prefix`, under the rest of their names. */
export function weightsUnder(weights: Weights, prefix: string): Weights {
  return {
    tensor: (name) => weights.tensor(prefix + name),
    linear: (x, name) => weights.linear(x, prefix + name),
    linearAt: (x, name, indices) => weights.linearAt(x, prefix + name, indices),
    swigluMlp: (x, { gate, up, down }) =>
      weights.swigluMlp(x, { gate: prefix + gate, up: prefix + up, down: prefix + down }),
  };
}
