import type { PrimitiveNode, Tensor } from "../../primitives.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { type Lowering, nameOf, namesOf } from "./lowering.ts";
import { float } from "./onnx-writer.ts";

export type MatmulNode = PrimitiveNode<"matmul">;

/** `scale * op(a) op(b)`, in the form that ONNX Runtime's kernels compute fastest. */
export function lowerMatmul(node: MatmulNode, lowering: Lowering): string {
  if (node.attributes.transposeA && !node.attributes.transposeB) {
    return matmulWithTransposedLeft(node, lowering);
  }
  return hasFewRows(node)
    ? matmulOfFewRows(node, lowering)
    : fusedMatMul(namesOf(node.inputs, lowering.names), node.attributes, lowering);
}

/** `scale * op(a) op(b) + c` of two matrices. */
export function lowerGemm(
  { inputs: [a, b], attributes }: MatmulNode,
  addend: Tensor,
  lowering: Lowering,
): string {
  const { writer, names } = lowering;
  const { transposeA, transposeB, scale } = attributes;
  const left = transposeA ? transposed(nameOf(a, names), 2, lowering) : nameOf(a, names);
  return writer.node("Gemm", [left, nameOf(b, names), nameOf(addend, names)], {
    transB: Number(transposeB),
    alpha: float(scale),
  })[0];
}

/** Smaller weights are packed sooner than an operator runs. */
const smallestLeftWeights = 1 << 17;
/** Rows for which weights are the faster left operand, with more inputs than outputs and else. */
const rowsOfLeftWeights = { moreInputs: { fewest: 2, most: 96 }, others: { fewest: 8, most: 32 } };

/**
 * Whether the rows of x [rows, K] are so few that a product with weights [N, K] spends its time packing the weights,
 * which stand on the right. As the left operand they are read where they are, and the rows are packed.
 */
export function hasFewRows({ inputs: [x, weights], attributes }: MatmulNode): boolean {
  const areMatrices = x.shape.length === 2 && weights.shape.length === 2;
  if (!areMatrices || attributes.transposeA || !attributes.transposeB) {
    return false;
  }
  const [rows, inputs] = x.shape;
  const [outputs] = weights.shape;
  const { fewest, most } = rowsOfLeftWeights[inputs > outputs ? "moreInputs" : "others"];
  return rows >= fewest && rows <= most && sizeOf(weights.shape) >= smallestLeftWeights;
}

function matmulOfFewRows({ inputs: [x, weights], attributes }: MatmulNode, lowering: Lowering): string {
  const { writer, names } = lowering;
  const [rows, left] = namesOf([x, weights], names);
  const columns = writer.beforeTransposing(rows);
  const product =
    columns === undefined
      ? fusedMatMul([left, rows], attributes, lowering)
      : fusedMatMul([left, columns], { ...attributes, transposeB: false }, lowering);
  return writer.transposed(product);
}

/** Products over so many rows gain more by a narrow left operand, which stays in the cache, than a transpose costs. */
const longProduct = 384;

/** Whether a product is `a^T b` and computed as the transpose of `b^T a`, for a [.., K, M] and b [.., K, N]. */
export function swapsOperands({ inputs: [a, b], attributes }: MatmulNode): boolean {
  if (!attributes.transposeA || attributes.transposeB) {
    return false;
  }
  const [length, rows] = a.shape.slice(-2);
  const columns = b.shape.at(-1)!;
  const isLess = length * columns + rows * columns < length * rows;
  const sameBatch = sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return sameBatch && (isLess || (columns < rows && length >= longProduct));
}

/**
 * `scale * a^T b`. The kernel copies a transposed left operand again and again, which costs up to a quarter of its rate:
 * transposing one operand once, and the product where that was b, is faster.
 */
function matmulWithTransposedLeft(node: MatmulNode, lowering: Lowering): string {
  const [a, b] = namesOf(node.inputs, lowering.names);
  const rank = node.inputs[0].shape.length;
  const plain = { ...node.attributes, transposeA: false };
  if (!swapsOperands(node)) {
    return fusedMatMul([transposed(a, rank, lowering), b], plain, lowering);
  }
  return transposed(fusedMatMul([transposed(b, rank, lowering), a], plain, lowering), rank, lowering);
}

function fusedMatMul(
  [a, b]: readonly string[],
  { transposeA, transposeB, scale }: MatmulNode["attributes"],
  { writer }: Lowering,
): string {
  return writer.contributedNode("FusedMatMul", [a, b], {
    transA: Number(transposeA),
    transB: Number(transposeB),
    alpha: float(scale),
  });
}

/** The last two of the axes exchanged. */
function transposed(value: string, rank: number, { writer }: Lowering): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return writer.node("Transpose", [value], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] })[0];
}
