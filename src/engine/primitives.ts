import type { Shape } from "./shape.ts";

/**
 * The closed set of primitives and their attributes. Each table of rules (shapes, gradients, evaluation, lowering) is a
 * `RuleTable`, so a new primitive does not compile until every table has its rule.
 */
export interface PrimitiveAttributes {
  /** A named value that is fed at run time. */
  input: { name: string };
  /** A scalar or array known when the graph is built, row-major. */
  constant: { values: readonly number[] };

  // Elementwise with NumPy broadcasting.
  add: object;
  subtract: object;
  multiply: object;
  divide: object;
  /** 1 where the first is smaller than the second, 0 elsewhere; a step, through which no gradient flows. */
  less: object;

  // Elementwise.
  negate: object;
  exponential: object;
  logarithm: object;
  sigmoid: object;
  /**
   * silu(gate) * up of equal shapes: inputs gate, up, sigmoid(gate) and silu(gate). The last two are handed over because
   * the gradient needs them again; it flows to the first two alone.
   */
  swiglu: object;

  /** Batched matrix product `scale * op(a) op(b)`; batch dimensions broadcast. */
  matmul: { transposeA: boolean; transposeB: boolean; scale: number };
  /**
   * Product of matrices in panels, which hold W columns each: of x [N, K] and v [K, M], given as [K/W, N, W] and [M/W, K, W],
   * x v as [M/W, N, W]. A third input may hold the panels of v's transpose, [K/W, M, W], for the gradient: v is given
   * twice then, and its gradient flows to the one of the two that `gradientIsTurned` says.
   */
  panelMatmul: object;
  /** Sum over axes, which stay with size 1. */
  sum: { axes: readonly number[] };
  /** Over the last axis. */
  softmax: object;
  /** log(sum(exp(x))) over the last axis, which stays with size 1. */
  logSumExp: object;

  reshape: { shape: readonly number[] };
  transpose: { permutation: readonly number[] };
  broadcast: { shape: readonly number[] };
  slice: { axis: number; start: number; end: number };
  concatenate: { axis: number };

  /** Rows of a table [V, D] at integer ids [N] -> [N, D]. */
  gatherRows: object;
  /** base [V, D] plus values [N, D] added at the rows of integer ids [N]; a row may be named many times. */
  scatterAddRows: object;
  /** base [V, D] with values [N, D] in place of the rows of integer ids [N], which name no row twice. */
  replaceRows: object;

  /** weight * x / sqrt(mean(x^2) + epsilon) over the last axis: inputs x [.., D] and weight [D]. */
  rmsNorm: { epsilon: number };
  /** 1 / sqrt(mean(x^2) + epsilon) over the last axis, which stays with size 1. */
  inverseRms: { epsilon: number };
  /**
   * Rotary position embedding, dimension i paired with i + half: x [N, heads * 2 * half], integer positions [N],
   * cosines and sines [M, half]. `inverse` rotates back.
   */
  rotate: { heads: number; inverse: boolean };
}

export type Primitive = keyof PrimitiveAttributes;

/** `float` is float32 in ONNX Runtime and float64 in the reference backend; `integer` is int64 and indexes. */
export type ElementType = "float" | "integer";

/** A node of a given primitive, as rules see it. */
export interface PrimitiveNode<P extends Primitive = Primitive> {
  readonly primitive: P;
  readonly inputs: readonly Tensor[];
  readonly attributes: PrimitiveAttributes[P];
}

/** A symbolic value: what a primitive makes of its inputs. Ids grow, so their order is a topological order. */
export interface Tensor extends PrimitiveNode {
  readonly id: number;
  readonly shape: Shape;
  readonly elementType: ElementType;
}

/** One rule for each primitive. */
export type RuleTable<Arguments extends unknown[], Result> = {
  readonly [P in Primitive]: (node: PrimitiveNode<P>, ...rest: Arguments) => Result;
};

/** Applies the rule of the node's own primitive. */
export function applyRule<Arguments extends unknown[], Result>(
  table: RuleTable<Arguments, Result>,
  node: PrimitiveNode,
  ...rest: Arguments
): Result {
  const rule = table[node.primitive] as (node: PrimitiveNode, ...rest: Arguments) => Result;
  return rule(node, ...rest);
}
