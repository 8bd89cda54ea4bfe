import { ancestors, type Graph } from "../../graph.ts";
import type { PrimitiveNode, Tensor } from "../../primitives.ts";
import { sizeOf } from "../../shape.ts";
import { hasFewRows, type MatmulNode, swapsOperands } from "./lower-matmul.ts";
import { findFused } from "./lowering-rules.ts";

const bytesPerFloat = 4;

/** Elementwise on a value that nobody reads afterwards: the result takes its place. */
const inPlace = new Set([
  "add",
  "subtract",
  "multiply",
  "divide",
  "negate",
  "exponential",
  "logarithm",
  "sigmoid",
  "swiglu",
  "softmax",
]);

/**
 * Bytes of float32 that a run of the graph in ONNX Runtime takes at its fullest, beside its inputs and outputs: a value
 * lives from the node that makes it to the last that reads it.
 */
export function peakMemory(graph: Graph): number {
  const outputs = new Set([...graph.outputs.values()].map(storageOf));
  const order = orderOfRuns(graph);
  const lastUse = new Map<Tensor, number>();
  order.forEach((tensor, index) => {
    for (const parent of tensor.inputs) {
      lastUse.set(storageOf(parent), index);
    }
  });
  const fused = findFused(graph);
  const takesNone = ({ id, primitive }: Tensor): boolean =>
    primitive === "input" || primitive === "constant" || fused.has(id);
  const bytesOf = (tensor: Tensor): number =>
    takesNone(tensor) || outputs.has(tensor) ? 0 : sizeOf(tensor.shape) * bytesPerFloat;

  let held = 0;
  let peak = 0;
  order.forEach((tensor, index) => {
    if (storageOf(tensor) !== tensor) {
      return;
    }
    const dying = [...new Set(tensor.inputs.map(storageOf))].filter(
      (parent) => lastUse.get(parent) === index,
    );
    const taken = inPlace.has(tensor.primitive)
      ? dying.find((parent) => bytesOf(parent) === bytesOf(tensor))
      : undefined;
    held += taken ? 0 : bytesOf(tensor);
    peak = Math.max(peak, held + scratchBytes(tensor, fused));
    for (const parent of dying) {
      held -= parent === taken ? 0 : bytesOf(parent);
    }
  });
  return peak;
}

/**
 * What a node takes on the side in ONNX Runtime: softmax of the whole, a transposed operand, a product before it is
 * transposed.
 */
function scratchBytes(tensor: Tensor, fused: ReadonlySet<number>): number {
  const { primitive, inputs, shape } = tensor;
  if (primitive === "logSumExp") {
    return sizeOf(inputs[0].shape) * bytesPerFloat;
  }
  if (primitive !== "matmul") {
    return 0;
  }
  const product = tensor as PrimitiveNode as MatmulNode;
  if (!fused.has(tensor.id) && swapsOperands(product)) {
    return Math.max(sizeOf(inputs[1].shape), sizeOf(shape)) * bytesPerFloat;
  }
  if (product.attributes.transposeA) {
    return sizeOf(inputs[0].shape) * bytesPerFloat;
  }
  return hasFewRows(product) ? sizeOf(shape) * bytesPerFloat : 0;
}

/** One result after the other in the order in which they were recorded, each with what it needs and is not there yet. */
function orderOfRuns({ tensors }: Graph): Tensor[] {
  const read = new Set(tensors.flatMap(({ inputs }) => inputs));
  const known = new Set<number>();
  return tensors.filter((tensor) => !read.has(tensor)).flatMap((result) => ancestors([result], known));
}

/** The tensor whose memory this one shows: a reshape moves nothing. */
function storageOf(tensor: Tensor): Tensor {
  return tensor.primitive === "reshape" ? storageOf(tensor.inputs[0]) : tensor;
}
