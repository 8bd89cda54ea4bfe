import {
  add,
  broadcast,
  inverseRms,
  matmul,
  multiply,
  rmsNorm,
  scatterAddRows,
  sigmoid,
  subtract,
  sum,
  zeros,
} from "../../src/engine/operations.ts";
import type { Tensor } from "../../src/engine/primitives.ts";
import { formatShape } from "../../src/engine/shape.ts";
import { constant } from "../../src/engine/tensor.ts";
import { floats, type GraphCase, integers } from "./graph-case.ts";
import { panelSumCases } from "./panel-matmul-cases.ts";

const left = (): GraphCase["inputs"][number] => floats([2, 3]);
const right = (): GraphCase["inputs"][number] => floats([3, 4]);

const addends = [[4], [2, 4], [1, 4], [2, 1], [1, 1], [1], [], [5, 2, 4], [1, 2, 4]];

const sumsOfProducts: readonly GraphCase[] = [
  ...addends.flatMap((shape): GraphCase[] => [
    {
      name: `a product and ${formatShape(shape)}`,
      inputs: [left(), right(), floats(shape)],
      build: (a, b, c) => add(matmul(a, b), c),
    },
    {
      name: `${formatShape(shape)} and a product`,
      inputs: [left(), right(), floats(shape)],
      build: (a, b, c) => add(c, matmul(a, b)),
    },
  ]),
  {
    name: "a product of transposed matrices, scaled",
    inputs: [floats([3, 2]), floats([4, 3]), floats([2, 1])],
    build: (a, b, c) => add(matmul(a, b, { transposeA: true, transposeB: true, scale: -0.75 }), c),
  },
  {
    name: "two products",
    inputs: [left(), right(), floats([2, 5]), floats([5, 4])],
    build: (a, b, c, d) => add(matmul(a, b), matmul(c, d)),
  },
  {
    name: "a product and itself",
    inputs: [left(), right()],
    build: (a, b) => {
      const product = matmul(a, b);
      return add(product, product);
    },
  },
  {
    name: "a product that is used elsewhere too",
    inputs: [left(), right(), floats([4])],
    build: (a, b, c) => {
      const product = matmul(a, b);
      return multiply(add(product, c), sigmoid(product));
    },
  },
  {
    name: "a chain of products",
    inputs: [floats([2, 2]), floats([2, 2]), floats([2, 2])],
    build: (a, b, c) => add(add(add(c, matmul(a, b)), matmul(b, c)), matmul(c, a)),
  },
  {
    name: "a product of a sum of a product",
    inputs: [left(), right(), floats([4]), floats([4, 2]), floats([2])],
    build: (a, b, c, d, e) => add(matmul(add(matmul(a, b), c), d), e),
  },
  {
    name: "a batched product",
    inputs: [floats([2, 2, 3]), floats([2, 3, 4]), floats([4])],
    build: (a, b, c) => add(matmul(a, b), c),
  },
  {
    name: "a product and a constant",
    inputs: [left(), right()],
    build: (a, b) => add(matmul(a, b), constant([1, 2, 3, 4], [4])),
  },
  {
    name: "a product that is broadcast",
    inputs: [floats([1, 3]), right(), floats([2, 4])],
    build: (a, b, c) => add(matmul(a, b), c),
  },
];

const scatter = (ids: Tensor, values: Tensor): Tensor => scatterAddRows(zeros([4, 3]), ids, values);
const repeated = integers([2, 0, 2, 2, 1]);

const sumsOfScatters: readonly GraphCase[] = [
  ...[[4, 3], [3], [4, 1], [], [2, 4, 3]].map(
    (shape): GraphCase => ({
      name: `${formatShape(shape)} and rows scattered onto zeros`,
      inputs: [repeated, floats([5, 3]), floats(shape)],
      build: (ids, values, base) => add(base, scatter(ids, values)),
    }),
  ),
  {
    name: "two scatters",
    inputs: [repeated, floats([5, 3]), floats([5, 3])],
    build: (ids, a, b) => add(scatter(ids, a), scatter(ids, b)),
  },
  {
    name: "a scatter that is used elsewhere too",
    inputs: [repeated, floats([5, 3]), floats([4, 3])],
    build: (ids, values, base) => {
      const scattered = scatter(ids, values);
      return multiply(add(scattered, base), scattered);
    },
  },
  {
    name: "a scatter and a product",
    inputs: [repeated, floats([5, 3]), floats([4, 2]), floats([2, 3])],
    build: (ids, values, a, b) => add(scatter(ids, values), matmul(a, b)),
  },
  {
    name: "a scatter onto what is not zero",
    inputs: [repeated, floats([5, 3]), floats([4, 3])],
    build: (ids, values, base) => add(base, scatterAddRows(broadcast(constant(0.5), [4, 3]), ids, values)),
  },
  {
    name: "a scatter onto zeros that are listed",
    inputs: [integers([1, 1]), floats([2, 2]), floats([2, 2])],
    build: (ids, values, base) => add(base, scatterAddRows(constant([0, 0, 0, 0], [2, 2]), ids, values)),
  },
];

const epsilon = 1e-5;

const norms: readonly GraphCase[] = [
  {
    name: "a norm used twice",
    inputs: [floats([2, 4]), floats([4])],
    build: (x, weight) => {
      const normalized = rmsNorm(x, weight, epsilon);
      return multiply(normalized, sigmoid(normalized));
    },
  },
  {
    name: "two norms of one tensor",
    inputs: [floats([2, 4]), floats([4]), floats([4])],
    build: (x, a, b) => multiply(rmsNorm(x, a, epsilon), rmsNorm(x, b, epsilon)),
  },
  {
    name: "two norms of one tensor with other epsilons",
    inputs: [floats([2, 4]), floats([4])],
    build: (x, weight) => subtract(rmsNorm(x, weight, epsilon), rmsNorm(x, weight, 0.5)),
  },
  {
    name: "a norm and its own scale",
    inputs: [floats([2, 4]), floats([4])],
    build: (x, weight) => multiply(rmsNorm(x, weight, epsilon), inverseRms(x, epsilon)),
  },
  {
    name: "a scale and then its norm",
    inputs: [floats([2, 4]), floats([4])],
    build: (x, weight) => {
      const scale = inverseRms(x, epsilon);
      return multiply(scale, rmsNorm(x, weight, epsilon));
    },
  },
  {
    name: "a norm of a sum of a product, as between layers",
    inputs: [floats([3, 4]), floats([4]), floats([4, 4]), floats([4])],
    build: (x, weight, projection, bias) => {
      const hidden = add(x, add(matmul(rmsNorm(x, weight, epsilon), projection), bias));
      return sum(rmsNorm(hidden, weight, epsilon), [0]);
    },
  },
];

/** Graphs whose neighbouring primitives a lowering may write as one operator. */
export const fusionCases: readonly GraphCase[] = [
  ...sumsOfProducts,
  ...panelSumCases,
  ...sumsOfScatters,
  ...norms,
];
