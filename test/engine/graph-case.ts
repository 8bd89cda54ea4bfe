import { gradients } from "../../src/engine/autodiff.ts";
import { multiply, sumAll } from "../../src/engine/operations.ts";
import type { ElementType, Tensor } from "../../src/engine/primitives.ts";
import { type Shape, sizeOf } from "../../src/engine/shape.ts";
import { constant, input } from "../../src/engine/tensor.ts";
import { createRandom } from "../../src/random.ts";

export interface CaseInput {
  readonly shape: Shape;
  readonly elementType: ElementType;
  readonly values: readonly number[];
  /** Whether the primitive passes gradient on to this input. */
  readonly differentiable: boolean;
}

/** A computation with values to feed it. */
export interface GraphCase {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly build: (...inputs: Tensor[]) => Tensor;
}

const commonRandom = createRandom(20250402);

/** The nearest float32, so that every backend is fed the same number. */
const float32 = (value: number): number => Math.fround(value);

/** Random floats from `low` to `high`, the same in every run. */
export function floats(
  shape: Shape,
  [low, high]: readonly [number, number] = [-1, 1],
  random = commonRandom,
): CaseInput {
  const values = Array.from({ length: sizeOf(shape) }, () => float32(low + (high - low) * random.next()));
  return { shape, elementType: "float", values, differentiable: true };
}

export function exactly(shape: Shape, values: readonly number[]): CaseInput {
  return { shape, elementType: "float", values: values.map(float32), differentiable: true };
}

/** Floats that no gradient flows to. */
export function table(shape: Shape): CaseInput {
  return { ...floats(shape), differentiable: false };
}

export function integers(values: readonly number[]): CaseInput {
  return { shape: [values.length], elementType: "integer", values, differentiable: false };
}

const inputName = (index: number): string => `x${index}`;

/** The case's value, a loss made of it, and the gradients of its differentiable inputs, with what to feed them. */
export interface BuiltCase {
  readonly value: Tensor;
  readonly loss: Tensor;
  /** By the name of the input. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  readonly feeds: Readonly<Record<string, readonly number[]>>;
}

export function buildCase({ inputs, build }: GraphCase): BuiltCase {
  const tensors = inputs.map(({ shape, elementType }, index) => input(inputName(index), shape, elementType));
  const value = build(...tensors);
  // Unequal weights: a gradient that lands on the wrong element must not go unnoticed.
  const weights = Array.from({ length: sizeOf(value.shape) }, (_, index) =>
    float32(Math.cos(3 * index) + 0.2),
  );
  const loss = sumAll(multiply(value, constant(weights, value.shape)));
  const differentiable = inputs.flatMap((given, index) => (given.differentiable ? [index] : []));
  const found = gradients(
    loss,
    differentiable.map((index) => tensors[index]),
  );
  return {
    value,
    loss,
    gradients: Object.fromEntries(found.map((gradient, at) => [inputName(differentiable[at]), gradient])),
    feeds: Object.fromEntries(inputs.map(({ values }, index) => [inputName(index), values])),
  };
}
