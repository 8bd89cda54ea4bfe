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
import type { Primitive, Tensor } from "../../src/engine/primitives.ts";
import { formatShape, type Shape } from "../../src/engine/shape.ts";
import { constant } from "../../src/engine/tensor.ts";
import { exactly, floats, type GraphCase, integers, table } from "./graph-case.ts";
import { matmulCases } from "./matmul-cases.ts";
import { panelMatmulCases } from "./panel-matmul-cases.ts";

type Range = readonly [number, number];

/** Away from zero, where logarithms and quotients are steep. */
const positive: Range = [0.5, 2];

function broadcastingCases(
  operation: (a: Tensor, b: Tensor) => Tensor,
  range: Range = [-1, 1],
): readonly GraphCase[] {
  const shapes: [Shape, Shape][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[3], [2, 3]],
    [[2, 3], []],
    [[], [2, 3]],
    [
      [2, 3],
      [1, 3],
    ],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 1],
      [1, 3],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [
      [2, 3],
      [1, 1, 1],
    ],
    [[], []],
  ];
  return [
    ...shapes.map(([a, b]) => ({
      name: `${formatShape(a)} and ${formatShape(b)}`,
      inputs: [floats(a, range), floats(b, range)],
      build: operation,
    })),
    { name: "a tensor and itself", inputs: [floats([2, 3], range)], build: (x) => operation(x, x) },
    { name: "a constant", inputs: [floats([2, 3], range)], build: (x) => operation(x, constant(1.5)) },
  ];
}

function elementwiseCases(operation: (x: Tensor) => Tensor, range: Range = [-2, 2]): readonly GraphCase[] {
  return [[2, 3], [5], []].map((shape) => ({
    name: formatShape(shape),
    inputs: [floats(shape, range)],
    build: operation,
  }));
}

const saturated = exactly([7], [-60, -20, -5, 0, 5, 20, 60]);

/** Far apart and far from zero: their exponentials overflow. */
const largeLogits = exactly([3, 3], [1000, 999, -1000, -1000, -1001, -1000.5, 1000, 1000, 1000]);

function alongLastAxisCases(operation: (x: Tensor) => Tensor): readonly GraphCase[] {
  return [
    ...[[2, 4], [2, 3, 4], [4], [3, 1]].map((shape) => ({
      name: formatShape(shape),
      inputs: [floats(shape, [-3, 3])],
      build: operation,
    })),
    { name: "logits of 1000", inputs: [largeLogits], build: operation },
    {
      name: "a masked first logit",
      inputs: [exactly([2, 3], [0.25, -0.5, 1.5, 2, 0, -1])],
      build: (x) => operation(add(x, constant([-1e9, 0, 0, 0, -1e9, 0], [2, 3]))),
    },
  ];
}

function slices(shape: Shape, parts: readonly [number, number, number][]): readonly GraphCase[] {
  return parts.map(([axis, start, end]) => ({
    name: `${start} to ${end} of axis ${axis} of ${formatShape(shape)}`,
    inputs: [floats(shape)],
    build: (x) => slice(x, axis, start, end),
  }));
}

function concatenations(axis: number, shapes: readonly Shape[]): GraphCase {
  return {
    name: `${shapes.map(formatShape).join(" ")} along axis ${axis}`,
    inputs: shapes.map((shape) => floats(shape)),
    build: (...parts) => concatenate(parts, axis),
  };
}

function rotations(heads: number, half: number, positions: readonly number[]): readonly GraphCase[] {
  return [false, true].map((inverse) => ({
    name: `${heads} heads of ${2 * half}${inverse ? " back" : ""}`,
    inputs: [
      floats([positions.length, heads * 2 * half]),
      integers(positions),
      table([6, half]),
      table([6, half]),
    ],
    build: (x, rows, cosines, sines) => rotate(x, rows, cosines, sines, { heads, inverse }),
  }));
}

/** Computations of each primitive; one more primitive does not compile without cases of its own. */
export const primitiveCases: { readonly [P in Primitive]: readonly GraphCase[] } = {
  input: [{ name: "[2, 3]", inputs: [floats([2, 3])], build: (x) => x }],
  constant: [
    { name: "a scalar", inputs: [], build: () => constant(2.5) },
    { name: "[2, 2]", inputs: [], build: () => constant([1, -2, 0.5, 1e-3], [2, 2]) },
  ],

  add: broadcastingCases(add),
  subtract: broadcastingCases(subtract),
  multiply: broadcastingCases(multiply),
  divide: broadcastingCases(divide, positive),
  less: broadcastingCases(less),

  negate: elementwiseCases(negate),
  exponential: elementwiseCases(exponential),
  logarithm: elementwiseCases(logarithm, positive),
  sigmoid: [...elementwiseCases(sigmoid), { name: "saturated", inputs: [saturated], build: sigmoid }],
  swiglu: [
    ...[[2, 3], [5], []].map((shape) => ({
      name: formatShape(shape),
      inputs: [floats(shape, [-2, 2]), floats(shape)],
      build: swiglu,
    })),
    { name: "a saturated gate", inputs: [saturated, floats([7])], build: swiglu },
    { name: "a tensor and itself", inputs: [floats([2, 3])], build: (x) => swiglu(x, x) },
  ],

  matmul: matmulCases,
  panelMatmul: panelMatmulCases,
  sum: [[0], [1], [2], [0, 2], [1, 2], [0, 1, 2]].map((axes) => ({
    name: `axes ${axes}`,
    inputs: [floats([2, 3, 4])],
    build: (x) => sum(x, axes),
  })),
  softmax: alongLastAxisCases(softmax),
  logSumExp: alongLastAxisCases(logSumExp),

  reshape: [
    { name: "[2, 6] to [3, 1, 4]", inputs: [floats([2, 6])], build: (x) => reshape(x, [3, 1, 4]) },
    { name: "[1, 1] to a scalar", inputs: [floats([1, 1])], build: (x) => reshape(x, []) },
  ],
  transpose: [
    { name: "[2, 3]", inputs: [floats([2, 3])], build: (x) => transpose(x, [1, 0]) },
    { name: "a cycle of [2, 3, 4]", inputs: [floats([2, 3, 4])], build: (x) => transpose(x, [2, 0, 1]) },
    { name: "heads", inputs: [floats([2, 3, 2, 4])], build: (x) => transpose(x, [0, 2, 1, 3]) },
    ...[2, 8, 16].flatMap((width) => [
      {
        name: `columns into panels that are ${width} wide`,
        inputs: [floats([3, 2, width])],
        build: (x: Tensor) => transpose(x, [1, 0, 2]),
      },
      {
        name: `rows into panels that are ${width} wide`,
        inputs: [floats([2, width, 5])],
        build: (x: Tensor) => transpose(x, [0, 2, 1]),
      },
    ]),
    { name: "6 axes", inputs: [floats([2, 1, 3, 1, 2, 2])], build: (x) => transpose(x, [0, 3, 1, 4, 2, 5]) },
  ],
  broadcast: (
    [
      [[3], [2, 3]],
      [[], [2, 3]],
      [
        [1, 3],
        [2, 3],
      ],
      [
        [2, 1, 3],
        [2, 4, 3],
      ],
      [
        [1, 1],
        [2, 1, 3],
      ],
    ] satisfies [Shape, Shape][]
  ).map(([from, to]) => ({
    name: `${formatShape(from)} to ${formatShape(to)}`,
    inputs: [floats(from)],
    build: (x) => broadcast(x, to),
  })),
  slice: [
    ...slices([5], [[0, 1, 3]]),
    ...slices(
      [4, 3],
      [
        [0, 0, 2],
        [0, 1, 3],
        [0, 2, 4],
        [1, 0, 1],
        [1, 1, 2],
        [1, 1, 3],
      ],
    ),
    ...slices([2, 3, 4], [[1, 1, 2]]),
  ],
  concatenate: [
    concatenations(0, [[2], [3]]),
    concatenations(0, [
      [1, 2],
      [3, 2],
      [2, 2],
    ]),
    concatenations(1, [
      [2, 3],
      [2, 1],
    ]),
    concatenations(1, [
      [2, 1, 3],
      [2, 2, 3],
    ]),
    concatenations(2, [
      [2, 2, 1],
      [2, 2, 3],
    ]),
    { name: "a tensor and itself", inputs: [floats([2, 3])], build: (x) => concatenate([x, x], 0) },
  ],

  gatherRows: [
    { name: "repeated ids", inputs: [floats([4, 3]), integers([2, 0, 2, 2, 1])], build: gatherRows },
    { name: "one column", inputs: [floats([3, 1]), integers([2, 2])], build: gatherRows },
  ],
  scatterAddRows: [
    {
      name: "repeated ids",
      inputs: [floats([4, 3]), integers([2, 0, 2, 2, 1]), floats([5, 3])],
      build: scatterAddRows,
    },
    { name: "one column", inputs: [floats([3, 1]), integers([2, 2]), floats([2, 1])], build: scatterAddRows },
  ],
  replaceRows: [
    { name: "some rows", inputs: [floats([5, 3]), integers([4, 0, 2]), floats([3, 3])], build: replaceRows },
    { name: "every row", inputs: [floats([2, 1]), integers([1, 0]), floats([2, 1])], build: replaceRows },
  ],

  rmsNorm: [
    ...[[2, 4], [2, 3, 4], [4], [3, 2]].map((shape) => ({
      name: formatShape(shape),
      inputs: [floats(shape), floats(shape.slice(-1))],
      build: (x: Tensor, weight: Tensor) => rmsNorm(x, weight, 1e-5),
    })),
    {
      name: "values as small as epsilon",
      inputs: [floats([2, 4], [-1e-2, 1e-2]), floats([4])],
      build: (x, weight) => rmsNorm(x, weight, 1e-4),
    },
  ],
  inverseRms: [[2, 4], [2, 3, 4], [4], [3, 2]].map((shape) => ({
    name: formatShape(shape),
    inputs: [floats(shape)],
    build: (x) => inverseRms(x, 1e-5),
  })),
  rotate: [...rotations(1, 2, [0, 3, 5]), ...rotations(2, 3, [4, 4, 1, 0]), ...rotations(3, 4, [2])],
};
