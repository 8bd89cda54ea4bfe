import { reshape, transpose } from "./operations.ts";
import type { Tensor } from "./primitives.ts";
import type { Shape } from "./shape.ts";
import { record } from "./tensor.ts";

// Matrices whose columns stand in panels: of x [N, K] the panels [K/W, N, W] hold W columns each, row after row. Products
// of panels are panels again, and so are those of their gradients, so that a chain of them needs no other order in between.

/** Whether a matrix of so many columns stands in panels of this width. */
export function fillsPanels(columns: number, width: number): boolean {
  return columns % width === 0;
}

/** The shape of the panels of a matrix [N, K]. */
export function panelsShape([rows, columns]: Shape, width: number): Shape {
  return [columns / width, rows, width];
}

/** x [N, K] -> its panels [K/W, N, W]. */
export function toPanels(x: Tensor, width: number): Tensor {
  const [rows, columns] = x.shape;
  return transpose(reshape(x, [rows, columns / width, width]), [1, 0, 2]);
}

/** x [N, K] -> the panels of its transpose, [N/W, K, W]. */
export function toTurnedPanels(x: Tensor, width: number): Tensor {
  const [rows, columns] = x.shape;
  return transpose(reshape(x, [rows / width, width, columns]), [0, 2, 1]);
}

/** Panels [K/W, N, W] -> the matrix [N, K]. */
export function fromPanels(panels: Tensor): Tensor {
  const [count, rows, width] = panels.shape;
  return reshape(transpose(panels, [1, 0, 2]), [rows, count * width]);
}

/** Panels [N/W, K, W] of a matrix's transpose -> the matrix [N, K]. */
export function fromTurnedPanels(panels: Tensor): Tensor {
  const [count, columns, width] = panels.shape;
  return reshape(transpose(panels, [0, 2, 1]), [count * width, columns]);
}

/** Panels [K/W, N, W] of a matrix -> those of its transpose, [N/W, K, W]; N is a multiple of W. */
export function turnPanels(panels: Tensor): Tensor {
  const [count, rows, width] = panels.shape;
  const blocks = reshape(panels, [count, rows / width, width, width]);
  return reshape(transpose(blocks, [1, 0, 3, 2]), [rows / width, count * width, width]);
}

/**
 * Panels [M/W, N, W] of x v, for panels [K/W, N, W] of x and [M/W, K, W] of v. Whoever has the panels [K/W, M, W] of v's
 * transpose at hand spares the gradient turning them; v is given twice then, and its gradient flows to one of the two.
 */
export function panelMatmul(x: Tensor, v: Tensor, turned?: Tensor): Tensor {
  return record("panelMatmul", turned ? [x, v, turned] : [x, v], {});
}

/**
 * Whether the gradient of v [K, M], where it is given twice, flows to its transpose: `g^T x` turns g where `x^T g` turns x,
 * and the narrower one is turned sooner. Counts columns or panels.
 */
export function gradientIsTurned(inputs: number, outputs: number): boolean {
  return inputs > outputs;
}
