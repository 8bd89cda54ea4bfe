import { add, gatherRows, matmul, multiply, reshape, sum } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** A trained difference of low rank to a weight (LoRA, Hu et al., 2021): a [rank, in], b [out, rank]. */
export interface LowRankAdapter {
  a: Tensor;
  b: Tensor;
  /** alpha / rank. */
  scale: number;
}

/** weight [out, in], bias [out]. */
export interface LinearLayer {
  weight: Tensor;
  bias?: Tensor | undefined;
  adapter?: LowRankAdapter | undefined;
}

/** Rows x [N, in] -> x weight^T + bias + scale (x a^T) b^T, [N, out]. */
export function linear(x: Tensor, { weight, bias, adapter }: LinearLayer): Tensor {
  const product = matmul(x, weight, { transposeB: true });
  const output = bias ? add(product, bias) : product;
  return adapter ? add(output, matmul(narrowed(x, adapter), adapter.b, { transposeB: true })) : output;
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
