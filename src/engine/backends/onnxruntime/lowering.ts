import { internalError } from "../../../errors.ts";
import type { CompileOptions } from "../../backend.ts";
import type { Tensor } from "../../primitives.ts";
import type { OnnxWriter } from "./onnx-writer.ts";

/** What rules need to know of the graph around a node. */
export interface Lowering {
  readonly writer: OnnxWriter;
  /** The ONNX value of each tensor lowered so far, by id. */
  readonly names: Map<number, string>;
  /** What other nodes found along the way: 1/rms of an input by id and epsilon, softmax of an input by id. */
  readonly byproducts: { readonly inverseRms: Map<string, string>; readonly softmax: Map<number, string> };
  /** Products, scatters and sigmoids that are not written on their own, as `findFused` says. */
  readonly fused: ReadonlySet<number>;
  readonly parallelism: CompileOptions["parallelism"];
  /** The width of panels that convolutions multiply; null where there is none. */
  readonly panelWidth: number | null;
}

/** The ONNX values of tensors that are lowered. */
export function namesOf(tensors: readonly Tensor[], names: Map<number, string>): string[] {
  return tensors.map((tensor) => nameOf(tensor, names));
}

export function nameOf(tensor: Tensor, names: Map<number, string>): string {
  const name = names.get(tensor.id);
  if (name === undefined) {
    throw internalError(`${tensor.primitive} is used before it is lowered`);
  }
  return name;
}
