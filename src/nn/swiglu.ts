import { multiply, silu } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";
import { linear } from "./linear.ts";

export interface SwigluWeights {
  gate: Tensor;
  up: Tensor;
  down: Tensor;
}

/** down(silu(gate(x)) * up(x)) for x [N, D], gate and up [F, D], down [D, F]. */
export function swiglu(x: Tensor, { gate, up, down }: SwigluWeights): Tensor {
  return linear(multiply(silu(linear(x, gate)), linear(x, up)), down);
}
