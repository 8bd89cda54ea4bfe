import { internalError } from "../errors.ts";
import { inputGradients } from "./gradient-rules.ts";
import { ancestors } from "./graph.ts";
import { add, matmul, transpose, zeros } from "./operations.ts";
import type { PrimitiveNode, Tensor } from "./primitives.ts";
import { sameShape } from "./shape.ts";
import { constant } from "./tensor.ts";

/**
 * Reverse-mode differentiation: d loss / d target for each target, zeros where the loss does not depend on it. Each
 * gradient is added onto the tensor of the same index in `onto`, where that is given; the target is then an input, and the
 * gradient of a matrix has its axes exchanged where that tensor has. A tensor that is `given` counts as an input: nothing
 * flows on to what it is made of.
 */
export function gradients(
  loss: Tensor,
  targets: readonly Tensor[],
  onto: readonly Tensor[] = [],
  given: readonly Tensor[] = [],
): Tensor[] {
  if (loss.shape.length !== 0) {
    throw internalError("gradients need a scalar loss");
  }
  // Such a start would flow on to the tensors that the target is made of.
  if (onto.some((_, index) => targets[index].inputs.length > 0)) {
    throw internalError("gradients are added only onto those of tensors that are not computed");
  }
  const order = ancestors([loss]);
  const targetIds = new Set(targets.map((target) => target.id));
  const givenIds = new Set(given.map((tensor) => tensor.id));
  const active = new Set<number>();
  for (const { id, inputs } of order) {
    if (targetIds.has(id) || (!givenIds.has(id) && inputs.some((parent) => active.has(parent.id)))) {
      active.add(id);
    }
  }

  const arriving = new Map<number, Tensor>(onto.map((start, index) => [targets[index].id, start]));
  arriving.set(loss.id, constant(1));
  for (const tensor of order.reverse()) {
    const gradient = arriving.get(tensor.id);
    if (gradient === undefined || !active.has(tensor.id) || givenIds.has(tensor.id)) {
      continue;
    }
    const flowing = inputGradients(tensor, gradient);
    tensor.inputs.forEach((parent, index) => {
      const part = flowing[index];
      if (part && active.has(parent.id)) {
        const sofar = arriving.get(parent.id);
        arriving.set(parent.id, sofar ? addOnto(sofar, part) : part);
      }
    });
  }
  return targets.map((target) => arriving.get(target.id) ?? zeros(target.shape));
}

function addOnto(sofar: Tensor, part: Tensor): Tensor {
  return add(sofar, sameShape(sofar.shape, part.shape) ? part : exchanged(part));
}

/** The transpose of a matrix; that of a product is the product of the transposed factors, which costs nothing. */
function exchanged(matrix: Tensor): Tensor {
  if (matrix.primitive !== "matmul") {
    return transpose(matrix, [1, 0]);
  }
  const { inputs, attributes } = matrix as PrimitiveNode as PrimitiveNode<"matmul">;
  const [a, b] = inputs;
  const { transposeA, transposeB, scale } = attributes;
  return matmul(b, a, { transposeA: !transposeB, transposeB: !transposeA, scale });
}
