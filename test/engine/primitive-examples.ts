import {
  add,
  broadcast,
  concatenate,
  divide,
  exponential,
  gatherRows,
  inverseRms,
  less,
  logarithm,
  logSumExp,
  matmul,
  multiply,
  negate,
  replaceRows,
  reshape,
  rmsNorm,
  rotate,
  scatterAddRows,
  sigmoid,
  slice,
  softmax,
  subtract,
  sum,
  swiglu,
  transpose,
} from "../../src/engine/operations.ts";
import { panelMatmul } from "../../src/engine/panels.ts";
import type { Primitive } from "../../src/engine/primitives.ts";
import { constant } from "../../src/engine/tensor.ts";
import { exactly, type GraphCase, integers } from "./graph-case.ts";

interface Example extends GraphCase {
  readonly expected: readonly number[];
}

const matrix = exactly([2, 3], [1, 2, 3, 4, 5, 6]);
const column = exactly([2, 1], [10, 20]);

/** Values worked out by hand, which hold the backends to the meaning of each primitive. */
export const primitiveExamples: { readonly [P in Primitive]: Example } = {
  input: { name: "gives what it is fed", inputs: [matrix], build: (x) => x, expected: [1, 2, 3, 4, 5, 6] },
  constant: {
    name: "gives its values",
    inputs: [],
    build: () => constant([1, -2, 0.5], [3]),
    expected: [1, -2, 0.5],
  },

  add: {
    name: "repeats a column",
    inputs: [matrix, column],
    build: add,
    expected: [11, 12, 13, 24, 25, 26],
  },
  subtract: {
    name: "takes the second from the first",
    inputs: [column, matrix],
    build: subtract,
    expected: [9, 8, 7, 16, 15, 14],
  },
  multiply: {
    name: "repeats a row",
    inputs: [matrix, exactly([3], [1, 0, -2])],
    build: multiply,
    expected: [1, 0, -6, 4, 0, -12],
  },
  divide: {
    name: "divides the first by the second",
    inputs: [column, exactly([2], [4, 5])],
    build: divide,
    expected: [2.5, 2, 5, 4],
  },
  less: {
    name: "is 1 below alone",
    inputs: [exactly([3], [-1, 2, 3]), exactly([3], [0, 2, 1])],
    build: less,
    expected: [1, 0, 0],
  },

  negate: { name: "flips signs", inputs: [exactly([2], [3, -4])], build: negate, expected: [-3, 4] },
  exponential: {
    name: "has base e",
    inputs: [exactly([2], [0, 1])],
    build: exponential,
    expected: [1, Math.E],
  },
  logarithm: {
    name: "has base e",
    inputs: [exactly([2], [1, 2])],
    build: logarithm,
    expected: [0, Math.LN2],
  },
  sigmoid: {
    name: "is a half at zero",
    inputs: [exactly([2], [0, 1])],
    build: sigmoid,
    expected: [0.5, 0.7310585786300049],
  },
  swiglu: {
    name: "is gate times its sigmoid times up",
    inputs: [exactly([3], [0, 1, -1]), exactly([3], [5, 2, -1])],
    build: swiglu,
    expected: [0, 1.4621171572600098, 0.2689414213699951],
  },

  panelMatmul: {
    name: "multiplies matrices that stand in panels of two columns",
    // [1 2 3 4] times [1 0; 0 1; 1 1; 2 0].
    inputs: [exactly([2, 1, 2], [1, 2, 3, 4]), exactly([1, 4, 2], [1, 0, 0, 1, 1, 1, 2, 0])],
    build: (x, v) => panelMatmul(x, v),
    expected: [12, 5],
  },
  matmul: {
    name: "multiplies a transposed matrix and scales",
    inputs: [matrix, exactly([2, 2], [1, 0, 0, 10])],
    build: (a, b) => matmul(a, b, { transposeA: true, scale: 0.5 }),
    expected: [0.5, 20, 1, 25, 1.5, 30],
  },
  sum: {
    name: "keeps the summed axis",
    inputs: [matrix],
    build: (x) => sum(x, [1]),
    expected: [6, 15],
  },
  softmax: {
    name: "turns logarithms into shares",
    inputs: [exactly([2, 2], [0, Math.log(3), 500, 500])],
    build: softmax,
    expected: [0.25, 0.75, 0.5, 0.5],
  },
  logSumExp: {
    name: "undoes logarithms",
    inputs: [exactly([2, 2], [Math.log(2), Math.log(3), 500, 500])],
    build: logSumExp,
    expected: [Math.log(5), 500 + Math.LN2],
  },

  reshape: {
    name: "keeps the order",
    inputs: [matrix],
    build: (x) => reshape(x, [3, 2]),
    expected: [1, 2, 3, 4, 5, 6],
  },
  transpose: {
    name: "names the source of each axis",
    inputs: [exactly([1, 2, 3], [1, 2, 3, 4, 5, 6])],
    build: (x) => transpose(x, [2, 0, 1]),
    expected: [1, 4, 2, 5, 3, 6],
  },
  broadcast: {
    name: "repeats a column",
    inputs: [column],
    build: (x) => broadcast(x, [2, 2, 2]),
    expected: [10, 10, 20, 20, 10, 10, 20, 20],
  },
  slice: {
    name: "leaves out the end",
    inputs: [matrix],
    build: (x) => slice(x, 1, 1, 3),
    expected: [2, 3, 5, 6],
  },
  concatenate: {
    name: "joins columns",
    inputs: [matrix, column],
    build: (a, b) => concatenate([a, b], 1),
    expected: [1, 2, 3, 10, 4, 5, 6, 20],
  },

  gatherRows: {
    name: "repeats rows",
    inputs: [matrix, integers([1, 0, 1])],
    build: gatherRows,
    expected: [4, 5, 6, 1, 2, 3, 4, 5, 6],
  },
  scatterAddRows: {
    name: "adds twice to a row that is named twice",
    inputs: [matrix, integers([1, 1]), exactly([2, 3], [10, 20, 30, 100, 200, 300])],
    build: scatterAddRows,
    expected: [1, 2, 3, 114, 225, 336],
  },
  replaceRows: {
    name: "leaves the other rows",
    inputs: [exactly([3, 2], [1, 2, 3, 4, 5, 6]), integers([2, 0]), exactly([2, 2], [10, 20, 30, 40])],
    build: replaceRows,
    expected: [30, 40, 3, 4, 10, 20],
  },

  rmsNorm: {
    name: "divides by the root of the mean square",
    inputs: [exactly([1, 2], [3, 1]), exactly([2], [1, 5])],
    build: (x, weight) => rmsNorm(x, weight, 4),
    expected: [1, 5 / 3],
  },
  inverseRms: {
    name: "adds epsilon to the mean square",
    inputs: [exactly([1, 2], [3, 1])],
    build: (x) => inverseRms(x, 4),
    expected: [1 / 3],
  },
  rotate: {
    name: "turns each pair of halves by its position's angle",
    inputs: [
      exactly([2, 4], [1, 2, 3, 4, 1, 2, 3, 4]),
      integers([1, 0]),
      exactly([2, 2], [1, 1, 0, 0.5]),
      exactly([2, 2], [0, 0, 1, 2]),
    ],
    build: (x, positions, cosines, sines) => rotate(x, positions, cosines, sines, { heads: 1 }),
    expected: [-3, 1 - 8, 1, 2 + 4, 1, 2, 3, 4],
  },
};
