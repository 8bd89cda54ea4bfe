import { add, matmul } from "../engine/operations.ts";
import type { Tensor } from "../engine/primitives.ts";

/** x [N, in] times weight [out, in] transposed, plus bias [out] -> [N, out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const product = matmul(x, weight, { transposeB: true });
  return bias ? add(product, bias) : product;
}
