import { add, gatherRows, matmul, multiply, reshape, sum } from "../engine/operations.ts";
import { fromPanels, panelMatmul, toPanels } from "../engine/panels.ts";
import type { Tensor } from "../engine/primitives.ts";

/** A trained difference of low rank to a weight (LoRA, Hu et al., 2021): a [rank, in], b [out, rank]. */
export interface LowRankAdapter {
  a: Tensor;
  b: Tensor;
  /** alpha / rank. */
  scale: number;
}

/** A weight [out, in] once more, in panels that are W wide. */
export interface WeightPanels<Value = Tensor> {
  /** Those of its transpose, [out/W, in, W]: rows are multiplied by them. */
  forward: Value;
  /** Its own, [in/W, out, W], where gradients flow: they are multiplied by them. */
  backward?: Value | undefined;
}

/** weight [out, in], bias [out]. Products read the weight in panels where it is given in panels. */
export interface LinearLayer {
  weight: Tensor;
  bias?: Tensor | undefined;
  adapter?: LowRankAdapter | undefined;
  panels?: WeightPanels | undefined;
}

/** Rows x [N, in] -> x weight^T + bias + scale (x a^T) b^T, [N, out]. */
export function linear(x: Tensor, { weight, bias, adapter, panels }: LinearLayer): Tensor {
  const product = panels
    ? fromPanels(multiplyPanels(panelsOfRows(x, panels), panels))
    : matmul(x, weight, { transposeB: true });
  const output = bias ? add(product, bias) : product;
  return adapter ? add(output, matmul(narrowed(x, adapter), adapter.b, { transposeB: true })) : output;
}

/** A linear layer that rows can pass without leaving their panels. */
export type PanelLayer = LinearLayer & { panels: WeightPanels; adapter?: undefined };

export function standsInPanels(layer: LinearLayer): layer is PanelLayer {
  return layer.panels !== undefined && layer.adapter === undefined;
}

/** `linear` of rows in panels [in/W, N, W] -> [out/W, N, W]. */
export function linearOfPanels(x: Tensor, { bias, panels }: PanelLayer): Tensor {
  const product = multiplyPanels(x, panels);
  const [count, , width] = product.shape;
  return bias ? add(product, reshape(bias, [count, 1, width])) : product;
}

function multiplyPanels(x: Tensor, { forward, backward }: WeightPanels): Tensor {
  return panelMatmul(x, forward, backward);
}

/** Rows [N, in] in panels as wide as those of a weight. */
export function panelsOfRows(x: Tensor, { forward }: WeightPanels): Tensor {
  return toPanels(x, forward.shape[2]);
}

/** One output of each row of `linear`, which spares the others: rows x [N, in] and indices [N] -> [N, 1]. */
export function linearAt(x: Tensor, { weight, bias, adapter }: LinearLayer, indices: Tensor): Tensor {
  const dot = (rows: Tensor, table: Tensor): Tensor => sum(multiply(rows, gatherRows(table, indices)), [1]);
  const product = dot(x, weight);
  const output = bias ? add(product, gatherRows(reshape(bias, [bias.shape[0], 1]), indices)) : product;
  return adapter ? add(output, dot(narrowed(x, adapter), adapter.b)) : output;
}

/** The scale is applied where it is cheapest: [N, rank]. */
function narrowed(x: Tensor, { a, scale }: LowRankAdapter): Tensor {
  return matmul(x, a, { transposeB: true, scale });
}
