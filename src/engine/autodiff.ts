import { internalError } from "../errors.ts";
import { inputGradients } from "./gradient-rules.ts";
import { ancestors } from "./graph.ts";
import { add, zeros } from "./operations.ts";
import type { Tensor } from "./primitives.ts";
import { constant } from "./tensor.ts";

/**
 * Reverse-mode differentiation: d loss / d target for each target, zeros where the loss does not depend on it. Each
 * gradient is added onto the tensor of the same index in `onto`, where that is given; the target is then an input. A tensor
 * that is `given` counts as one: nothing flows on to what it is made of.
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
        arriving.set(parent.id, sofar ? add(sofar, part) : part);
      }
    });
  }
  return targets.map((target) => arriving.get(target.id) ?? zeros(target.shape));
}
