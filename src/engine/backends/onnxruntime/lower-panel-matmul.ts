import type { PrimitiveNode, Tensor } from "../../primitives.ts";
import { sizeOf } from "../../shape.ts";
import { type Lowering, nameOf } from "./lowering.ts";
import { float } from "./onnx-writer.ts";

export type PanelMatmulNode = PrimitiveNode<"panelMatmul">;

/**
 * Panels as wide as ONNX Runtime's blocks of channels are what its pointwise convolution wants: rows are pixels, columns
 * channels, and the right matrix is the filter. It reads both in the order in which they stand, packs nothing, and
 * multiplies a tenth faster than the kernel of MatMul, twice as fast where rows are few. Of any other width, it is a product
 * of matrices.
 */
export function lowerPanelMatmul(node: PanelMatmulNode, lowering: Lowering): string {
  return isConvolution(node, lowering)
    ? lowerAsConvolution(node, [], lowering)
    : lowerAsMatmul(node, lowering);
}

/**
 * The product and what is added to it: panels of the same shape, or one row for all, which is a bias. Of the two the
 * convolution lets only the former be in the memory of the result.
 */
export function lowerPanelSum(node: PanelMatmulNode, addend: Tensor, lowering: Lowering): string {
  const { writer, names } = lowering;
  if (!isConvolution(node, lowering)) {
    return writer.node("Add", [lowerAsMatmul(node, lowering), nameOf(addend, names)])[0];
  }
  const [panels, rows, width] = addend.shape;
  const noBias = "";
  const further =
    rows < node.inputs[0].shape[1]
      ? [writer.reshape(nameOf(addend, names), [panels * width])]
      : [noBias, writer.reshape(nameOf(addend, names), [1, panels * width, 1, rows])];
  return lowerAsConvolution(node, further, lowering);
}

function isConvolution({ inputs: [x] }: PanelMatmulNode, { panelWidth }: Lowering): boolean {
  return x.shape[2] === panelWidth;
}

function lowerAsConvolution(
  { inputs: [x, v] }: PanelMatmulNode,
  further: readonly string[],
  { writer, names }: Lowering,
): string {
  const [panels, rows, width] = x.shape;
  const [outputPanels] = v.shape;
  const [inputs, outputs] = [panels * width, outputPanels * width];
  const image = writer.reshape(nameOf(x, names), [1, inputs, 1, rows]);
  const filter = writer.reshape(nameOf(v, names), [outputs, inputs, 1, 1]);
  const attributes = {
    kernel_shape: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    group: 1,
  };
  const operands = [image, filter, ...further];
  const product = writer.blockedNode("Conv", operands, attributes, [1, outputs, 1, rows]);
  return writer.reshape(product, [outputPanels, rows, width]);
}

/** Every panel of v times the rows of x. */
function lowerAsMatmul({ inputs: [x, v] }: PanelMatmulNode, { writer, names }: Lowering): string {
  const [, rows] = x.shape;
  const [apart] = writer.node("Transpose", [nameOf(x, names)], { perm: [1, 0, 2] });
  const matrix = writer.reshape(apart, [1, rows, sizeOf(x.shape) / rows]);
  return writer.contributedNode("FusedMatMul", [matrix, nameOf(v, names)], { alpha: float(1) });
}
