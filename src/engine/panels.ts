import { concatenate, reshape, transpose, zeros } from "./operations.ts";
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

/** Matrices that were put into panels. */
const matrices = new WeakMap<Tensor, Tensor>();

/** x [N, K] -> its panels [K/W, N, W], the same for everyone who asks. */
export const toPanels = madeOnce((x, width) => {
  const [rows, columns] = x.shape;
  const panels = transpose(reshape(x, [rows, columns / width, width]), [1, 0, 2]);
  matrices.set(panels, x);
  return panels;
});

/**
 * x [N, K] -> the panels of its transpose, [N/W, K, W], the same for everyone who asks. The last panel is filled up with
 * zeros.
 */
export const toTurnedPanels = madeOnce((x, width) => {
  const full = withFullPanels(x, 0, width);
  const [rows, columns] = full.shape;
  return transpose(reshape(full, [rows / width, width, columns]), [0, 2, 1]);
});

/** Panels [K/W, N, W] -> the matrix [N, K]: the one that was put into them, if one was. */
export function fromPanels(panels: Tensor): Tensor {
  const [count, rows, width] = panels.shape;
  return matrices.get(panels) ?? reshape(transpose(panels, [1, 0, 2]), [rows, count * width]);
}

/** Panels [N/W, K, W] of a matrix's transpose -> the matrix [N, K]. */
export function fromTurnedPanels(panels: Tensor): Tensor {
  const [count, columns, width] = panels.shape;
  return reshape(transpose(panels, [0, 2, 1]), [count * width, columns]);
}

/** Panels [K/W, N, W] of a matrix -> those of its transpose, [N/W, K, W], the last filled up with zeros. */
export function turnPanels(panels: Tensor): Tensor {
  return toTurnedPanels(fromPanels(panels), panels.shape[2]);
}

/** Panels [M/W, K, W] of x^T y, for panels of x [N, K] and y [N, M]: the rows are columns of the left factor. */
export function panelMatmulOverRows(x: Tensor, y: Tensor): Tensor {
  return panelMatmul(turnPanels(x), withFullPanels(y, 1, y.shape[2]));
}

/** With zeros at the end of an axis up to a multiple of the panels' width. */
function withFullPanels(x: Tensor, axis: number, width: number): Tensor {
  const missing = (width - (x.shape[axis] % width)) % width;
  return missing === 0 ? x : concatenate([x, zeros(x.shape.with(axis, missing))], axis);
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

/** Tensors do not change, and so one arrangement of each will do. */
function madeOnce(arrange: (x: Tensor, width: number) => Tensor): (x: Tensor, width: number) => Tensor {
  const known = new WeakMap<Tensor, Map<number, Tensor>>();
  return (x, width) => {
    const byWidth = known.get(x) ?? new Map<number, Tensor>();
    known.set(x, byWidth);
    const arranged = byWidth.get(width) ?? arrange(x, width);
    byWidth.set(width, arranged);
    return arranged;
  };
}
