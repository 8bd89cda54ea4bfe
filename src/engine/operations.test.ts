import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/engine/evaluate.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import {
  add,
  broadcast,
  clamp,
  concatenate,
  divide,
  multiply,
  reshape,
  slice,
  subtract,
  sum,
  sumAll,
  sumTo,
  transpose,
  zeros,
} from "./operations.ts";
import type { Tensor } from "./primitives.ts";
import { constant, input } from "./tensor.ts";

const x = input("x", [2, 3]);

function valuesOf(tensor: Tensor): number[] {
  const feeds = { x: [1, 2, 3, 4, 5, 6] };
  return evaluate(createReferenceBackend(), { tensor }, feeds).tensor;
}

describe("what changes nothing records nothing", () => {
  test.each<[string, Tensor]>([
    ["1 x", multiply(1, x)],
    ["x 1", multiply(x, 1)],
    ["x times a constant 1", multiply(x, constant(1))],
    ["a sum over no axes", sum(x, [])],
    ["a reshape to the same shape", reshape(x, [2, 3])],
    ["a transpose in the same order", transpose(x, [0, 1])],
    ["a broadcast to the same shape", broadcast(x, [2, 3])],
    ["a slice of everything", slice(x, 1, 0, 3)],
    ["a concatenation of one", concatenate([x], 0)],
    ["a sum to the same shape", sumTo(x, [2, 3])],
  ])("%s", (_, tensor) => {
    expect(tensor).toBe(x);
  });
});

describe("numbers stand for constants", () => {
  test.each<[string, Tensor, number[]]>([
    ["2 x", multiply(2, x), [2, 4, 6, 8, 10, 12]],
    ["x 0", multiply(x, 0), [0, 0, 0, 0, 0, 0]],
    ["1 + x", add(1, x), [2, 3, 4, 5, 6, 7]],
    ["1 - x", subtract(1, x), [0, -1, -2, -3, -4, -5]],
    ["12 / x", divide(12, x), [12, 6, 4, 3, 2.4, 2]],
  ])("%s", (_, tensor, expected) => {
    expect(valuesOf(tensor)).toEqual(expected);
  });
});

test("a matrix of ones is not the number one", () => {
  const product = multiply(constant([1, 1], [2, 1]), reshape(slice(x, 0, 0, 1), [3]));
  expect([product.shape, valuesOf(product)]).toEqual([
    [2, 3],
    [1, 2, 3, 1, 2, 3],
  ]);
});

test("sumAll gives a scalar", () => {
  expect([sumAll(x).shape, valuesOf(sumAll(x))]).toEqual([[], [21]]);
});

test("zeros have the shape asked for", () => {
  expect([zeros([2, 1]).shape, valuesOf(zeros([2, 1]))]).toEqual([
    [2, 1],
    [0, 0],
  ]);
});

test.each<[number[], number[]]>([
  [[3], [5, 7, 9]],
  [
    [1, 3],
    [5, 7, 9],
  ],
  [
    [2, 1],
    [6, 15],
  ],
  [[1], [21]],
  [[], [21]],
])("sumTo %j undoes a broadcast", (shape, expected) => {
  const summed = sumTo(x, shape);
  expect([summed.shape, valuesOf(summed)]).toEqual([shape, expected]);
});

test("clamp takes the bound in the place of what is beyond it, and keeps the rest to the bit", () => {
  expect(valuesOf(clamp(divide(x, 10), constant([0.2, 0.2, 0.2], [3]), 0.45))).toEqual([
    0.2, 0.2, 0.3, 0.4, 0.45, 0.45,
  ]);
});
