import { internalError } from "../errors.ts";
import type { Tensor } from "./primitives.ts";
import { broadcastAxes, type Shape, sameShape } from "./shape.ts";
import { constant, record } from "./tensor.ts";

type Operand = Tensor | number;

function tensor(operand: Operand): Tensor {
  return typeof operand === "number" ? constant(operand) : operand;
}

function isScalar(operand: Operand, value: number): boolean {
  if (typeof operand === "number") {
    return operand === value;
  }
  if (operand.primitive !== "constant" || operand.shape.length > 0) {
    return false;
  }
  return (operand.attributes as { values: readonly number[] }).values[0] === value;
}

export function add(a: Operand, b: Operand): Tensor {
  return record("add", [tensor(a), tensor(b)], {});
}

export function subtract(a: Operand, b: Operand): Tensor {
  return record("subtract", [tensor(a), tensor(b)], {});
}

export function multiply(a: Operand, b: Operand): Tensor {
  if (isScalar(a, 1)) {
    return tensor(b);
  }
  return isScalar(b, 1) ? tensor(a) : record("multiply", [tensor(a), tensor(b)], {});
}

export function divide(a: Operand, b: Operand): Tensor {
  return record("divide", [tensor(a), tensor(b)], {});
}

/** 1 where `a < b`, 0 elsewhere. */
export function less(a: Operand, b: Operand): Tensor {
  return record("less", [tensor(a), tensor(b)], {});
}

/** `x` within `low` and `high`, which are finite; no gradient flows where one of them takes its place. */
export function clamp(x: Tensor, low: Operand, high: Operand): Tensor {
  const below = less(x, low);
  const above = less(high, x);
  const kept = multiply(x, subtract(1, add(below, above)));
  return add(kept, add(multiply(below, low), multiply(above, high)));
}

export function negate(x: Tensor): Tensor {
  return record("negate", [x], {});
}

export function exponential(x: Tensor): Tensor {
  return record("exponential", [x], {});
}

export function logarithm(x: Tensor): Tensor {
  return record("logarithm", [x], {});
}

export function sigmoid(x: Tensor): Tensor {
  return record("sigmoid", [x], {});
}

/** silu(gate) * up, where silu(x) is x * sigmoid(x). */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  const opened = sigmoid(gate);
  return record("swiglu", [gate, up, opened, multiply(gate, opened)], {});
}

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  scale?: number;
}

/** `scale * op(a) op(b)` over the last two axes; leading axes are batch axes. */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, scale = 1 }: MatmulOptions = {},
): Tensor {
  return record("matmul", [a, b], { transposeA, transposeB, scale });
}

/** Sum over `axes`, which stay with size 1. */
export function sum(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : record("sum", [x], { axes });
}

/** Sum over everything: a scalar. */
export function sumAll(x: Tensor): Tensor {
  return reshape(
    sum(
      x,
      x.shape.map((_, axis) => axis),
    ),
    [],
  );
}

export function softmax(x: Tensor): Tensor {
  return record("softmax", [x], {});
}

/** log(sum(exp(x))) over the last axis, which stays with size 1. */
export function logSumExp(x: Tensor): Tensor {
  return record("logSumExp", [x], {});
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  const source = x.primitive === "reshape" ? x.inputs[0] : x;
  return sameShape(source.shape, shape) ? source : record("reshape", [source], { shape });
}

/** Moves axes; where only axes of size 1 move, memory stays as it is and a reshape does. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const moved = record("transpose", [x], { permutation });
  const longAxes = permutation.filter((axis) => x.shape[axis] !== 1);
  const inOrder = longAxes.every((axis, index) => index === 0 || longAxes[index - 1] < axis);
  return inOrder ? reshape(x, moved.shape) : moved;
}

export function broadcast(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : record("broadcast", [x], { shape });
}

/** Elements `start` to `end` (exclusive) of one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  return start === 0 && end === x.shape[axis] ? x : record("slice", [x], { axis, start, end });
}

export function concatenate(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) {
    throw internalError("concatenate needs at least one tensor");
  }
  return tensors.length === 1 ? tensors[0] : record("concatenate", tensors, { axis });
}

/** Rows of `table` [V, D] at `ids` [N] -> [N, D]. */
export function gatherRows(table: Tensor, ids: Tensor): Tensor {
  return record("gatherRows", [table, ids], {});
}

/** `base` [V, D] with `values` [N, D] added at the rows `ids` [N]. */
export function scatterAddRows(base: Tensor, ids: Tensor, values: Tensor): Tensor {
  return record("scatterAddRows", [base, ids, values], {});
}

/** `base` [V, D] with `values` [N, D] in place of the rows `ids` [N], which must name no row twice. */
export function replaceRows(base: Tensor, ids: Tensor, values: Tensor): Tensor {
  return record("replaceRows", [base, ids, values], {});
}

/** RMSNorm over the last axis: weight * x / sqrt(mean(x^2) + epsilon). */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  return record("rmsNorm", [x, weight], { epsilon });
}

export function inverseRms(x: Tensor, epsilon: number): Tensor {
  return record("inverseRms", [x], { epsilon });
}

/** Rotary position embedding of x [N, heads * headSize] at positions [N], with tables [M, headSize / 2]. */
export function rotate(
  x: Tensor,
  positions: Tensor,
  cosines: Tensor,
  sines: Tensor,
  { heads, inverse = false }: { heads: number; inverse?: boolean },
): Tensor {
  return record("rotate", [x, positions, cosines, sines], { heads, inverse });
}

export function zeros(shape: Shape): Tensor {
  return broadcast(constant(0), shape);
}

/** Sums `x` down to `shape`, from which it was broadcast. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  return reshape(sum(x, broadcastAxes(shape, x.shape)), shape);
}
