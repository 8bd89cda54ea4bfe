import { describe, expect, test } from "vitest";
import {
  add,
  broadcast,
  concatenate,
  gatherRows,
  inverseRms,
  logSumExp,
  matmul,
  multiply,
  replaceRows,
  reshape,
  rmsNorm,
  rotate,
  scatterAddRows,
  slice,
  softmax,
  sum,
  swiglu,
  transpose,
} from "./operations.ts";
import type { Tensor } from "./primitives.ts";
import { formatShape, type Shape } from "./shape.ts";
import { constant, input } from "./tensor.ts";

const floats = (...shape: number[]): Tensor => input("x", shape);
const ids = (...shape: number[]): Tensor => input("ids", shape, "integer");

function turn(x: Shape, positions: Tensor, cosines: Shape, sines: Shape, heads = 2): Tensor {
  return rotate(floats(...x), positions, floats(...cosines), floats(...sines), { heads });
}

describe("a shape that does not fit is a bug of ours", () => {
  test.each<[string, () => unknown]>([
    ["sizes that do not broadcast", () => add(floats(2, 3), floats(2))],
    ["sizes that do not broadcast in the middle", () => multiply(floats(2, 3, 4), floats(2, 1))],
    ["swiglu of unequal shapes", () => swiglu(floats(2, 3), floats(3))],
    ["matmul of a vector", () => matmul(floats(3), floats(3, 2))],
    ["matmul by a vector", () => matmul(floats(2, 3), floats(3))],
    ["matmul of unequal inner sizes", () => matmul(floats(2, 3), floats(2, 3))],
    [
      "matmul of unequal inner sizes, transposed",
      () => matmul(floats(2, 3), floats(3, 4), { transposeB: true }),
    ],
    ["matmul of unequal batches", () => matmul(floats(2, 4, 3), floats(3, 3, 4))],
    ["sum over an axis too many", () => sum(floats(2, 3), [2])],
    ["sum over a negative axis", () => sum(floats(2, 3), [-1])],
    ["softmax of a scalar", () => softmax(floats())],
    ["logSumExp of a scalar", () => logSumExp(floats())],
    ["reshape to another size", () => reshape(floats(2, 3), [5])],
    ["transpose with too few axes", () => transpose(floats(2, 3), [1])],
    ["transpose with an axis twice", () => transpose(floats(2, 3), [1, 1])],
    ["transpose with an axis too many", () => transpose(floats(2, 3), [0, 2])],
    ["broadcast to a smaller shape", () => broadcast(floats(2, 3), [3])],
    ["broadcast of the wrong axis", () => broadcast(floats(2), [2, 3])],
    ["slice past the end", () => slice(floats(2, 3), 1, 1, 4)],
    ["slice of nothing", () => slice(floats(2, 3), 1, 2, 2)],
    ["slice of an axis that is not there", () => slice(floats(2, 3), 2, 0, 1)],
    ["concatenate of nothing", () => concatenate([], 0)],
    ["concatenate of unequal rows", () => concatenate([floats(2, 3), floats(2, 4)], 0)],
    ["concatenate of unequal ranks", () => concatenate([floats(2, 3), floats(2)], 0)],
    ["concatenate along an axis that is not there", () => concatenate([floats(2), floats(2)], 1)],
    ["gatherRows of a vector", () => gatherRows(floats(3), ids(2))],
    ["gatherRows by a matrix", () => gatherRows(floats(3, 2), ids(2, 2))],
    ["gatherRows by floats", () => gatherRows(floats(3, 2), floats(2))],
    ["scatterAddRows onto a vector", () => scatterAddRows(floats(3), ids(2), floats(2, 3))],
    ["scatterAddRows of too few rows", () => scatterAddRows(floats(3, 2), ids(4), floats(3, 2))],
    ["scatterAddRows of wide rows", () => scatterAddRows(floats(3, 2), ids(4), floats(4, 3))],
    ["scatterAddRows by a matrix", () => scatterAddRows(floats(3, 2), ids(2, 2), floats(2, 2))],
    ["replaceRows of wide rows", () => replaceRows(floats(3, 2), ids(4), floats(4, 3))],
    ["scatterAddRows by floats", () => scatterAddRows(floats(3, 2), floats(2), floats(2, 2))],
    ["rmsNorm with another width", () => rmsNorm(floats(2, 3), floats(2), 1e-6)],
    ["rmsNorm with a matrix of weights", () => rmsNorm(floats(2, 3), floats(1, 3), 1e-6)],
    ["rmsNorm of a scalar", () => rmsNorm(floats(), floats(), 1e-6)],
    ["inverseRms of a scalar", () => inverseRms(floats(), 1e-6)],
    ["rotate of another width", () => turn([4, 6], ids(4), [5, 2], [5, 2])],
    ["rotate with unequal tables", () => turn([4, 8], ids(4), [5, 2], [6, 2])],
    ["rotate with too few positions", () => turn([4, 8], ids(3), [5, 2], [5, 2])],
    ["rotate with a matrix of positions", () => turn([4, 8], ids(4, 1), [5, 2], [5, 2])],
    ["rotate with positions of floats", () => turn([4, 8], floats(4), [5, 2], [5, 2])],
    ["rotate of three axes", () => turn([4, 1, 8], ids(4), [5, 2], [5, 2])],
    ["a constant with a value too few", () => constant([1, 2, 3], [2, 2])],
    ["arithmetic on integers", () => add(ids(2), 1)],
    ["a table of integers", () => gatherRows(ids(3, 2), ids(2))],
  ])("%s", (_, build) => {
    expect(build).toThrow(/^internal: /);
  });
});

test.each<[Tensor, Shape]>([
  [add(floats(2, 1, 3), floats(4, 1)), [2, 4, 3]],
  [matmul(floats(2, 1, 3, 5), floats(4, 5, 6)), [2, 4, 3, 6]],
  [matmul(floats(5, 3), floats(6, 5), { transposeA: true, transposeB: true }), [3, 6]],
  [sum(floats(2, 3, 4), [0, 2]), [1, 3, 1]],
  [logSumExp(floats(2, 3)), [2, 1]],
  [transpose(floats(2, 3, 4), [2, 0, 1]), [4, 2, 3]],
  [slice(floats(5, 3), 0, 1, 3), [2, 3]],
  [concatenate([floats(2, 1), floats(2, 4)], 1), [2, 5]],
  [gatherRows(floats(7, 3), ids(4)), [4, 3]],
  [scatterAddRows(floats(7, 3), ids(4), floats(4, 3)), [7, 3]],
  [replaceRows(floats(7, 3), ids(4), floats(4, 3)), [7, 3]],
  [inverseRms(floats(2, 3), 1e-6), [2, 1]],
  [turn([4, 8], ids(4), [5, 2], [5, 2]), [4, 8]],
])("shape %#", ({ primitive, shape }, expected) => {
  expect(`${primitive} ${formatShape(shape)}`).toBe(`${primitive} ${formatShape(expected)}`);
});
