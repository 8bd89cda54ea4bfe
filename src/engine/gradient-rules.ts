import {
  add,
  broadcast,
  concatenate,
  divide,
  gatherRows,
  inverseRms,
  matmul,
  multiply,
  negate,
  replaceRows,
  reshape,
  rotate,
  scatterAddRows,
  slice,
  softmax,
  subtract,
  sum,
  sumTo,
  transpose,
  zeros,
} from "./operations.ts";
import { gradientIsTurned, panelMatmul, panelMatmulOverRows, turnPanels } from "./panels.ts";
import { applyRule, type RuleTable, type Tensor } from "./primitives.ts";
import { sizeOf } from "./shape.ts";

/** What a rule gives back for each input: its share of the gradient, or null where none flows. */
type InputGradients = readonly (Tensor | null)[];

/** Vector-Jacobian products: `y` is the node's own output, `g` the gradient that arrives at it. */
const gradientRules: RuleTable<[y: Tensor, g: Tensor], InputGradients> = {
  input: () => [],
  constant: () => [],

  add: ({ inputs: [a, b] }, _, g) => [sumTo(g, a.shape), sumTo(g, b.shape)],
  subtract: ({ inputs: [a, b] }, _, g) => [sumTo(g, a.shape), sumTo(negate(g), b.shape)],
  multiply: ({ inputs: [a, b] }, _, g) => [sumTo(multiply(g, b), a.shape), sumTo(multiply(g, a), b.shape)],
  divide: ({ inputs: [a, b] }, y, g) => {
    const ratio = divide(g, b);
    return [sumTo(ratio, a.shape), sumTo(negate(multiply(ratio, y)), b.shape)];
  },
  less: () => [null, null],

  negate: (_, __, g) => [negate(g)],
  exponential: (_, y, g) => [multiply(g, y)],
  logarithm: ({ inputs: [x] }, _, g) => [divide(g, x)],
  sigmoid: (_, y, g) => [multiply(g, subtract(y, multiply(y, y)))],
  swiglu: ({ inputs: [, up, opened, activated] }, _, g) => {
    const toUp = multiply(g, activated);
    return [multiply(up, add(toUp, multiply(opened, subtract(g, toUp)))), toUp, null, null];
  },

  matmul: ({ inputs: [a, b], attributes: { transposeA, transposeB, scale } }, _, g) => {
    const gradientA = transposeA
      ? matmul(b, g, { transposeA: transposeB, transposeB: true, scale })
      : matmul(g, b, { transposeB: !transposeB, scale });
    const gradientB = transposeB
      ? matmul(g, a, { transposeA: true, transposeB: transposeA, scale })
      : matmul(a, g, { transposeA: !transposeA, scale });
    return [sumTo(gradientA, a.shape), sumTo(gradientB, b.shape)];
  },
  panelMatmul: ({ inputs: [x, v, turned] }, _, g) => {
    const toX = panelMatmul(g, turned ?? turnPanels(v), v);
    return turned && gradientIsTurned(x.shape[0], g.shape[0])
      ? [toX, null, panelMatmulOverRows(g, x)]
      : [toX, panelMatmulOverRows(x, g), null];
  },
  sum: ({ inputs: [x] }, _, g) => [broadcast(g, x.shape)],
  softmax: (_, y, g) => {
    const weighted = multiply(g, y);
    return [subtract(weighted, multiply(y, sum(weighted, [y.shape.length - 1])))];
  },
  logSumExp: ({ inputs: [x] }, _, g) => [multiply(softmax(x), g)],

  reshape: ({ inputs: [x] }, _, g) => [reshape(g, x.shape)],
  transpose: ({ attributes: { permutation } }, _, g) => [
    transpose(
      g,
      permutation.map((__, axis) => permutation.indexOf(axis)),
    ),
  ],
  broadcast: ({ inputs: [x] }, _, g) => [sumTo(g, x.shape)],
  slice: ({ inputs: [x], attributes: { axis, start, end } }, _, g) => {
    const parts = [g];
    if (start > 0) {
      parts.unshift(zeros(x.shape.with(axis, start)));
    }
    if (end < x.shape[axis]) {
      parts.push(zeros(x.shape.with(axis, x.shape[axis] - end)));
    }
    return [concatenate(parts, axis)];
  },
  concatenate: ({ inputs, attributes: { axis } }, _, g) => {
    let start = 0;
    return inputs.map((tensor) => {
      const end = start + tensor.shape[axis];
      const part = slice(g, axis, start, end);
      start = end;
      return part;
    });
  },

  gatherRows: ({ inputs: [table, ids] }, _, g) => [scatterAddRows(zeros(table.shape), ids, g), null],
  scatterAddRows: ({ inputs: [, ids] }, _, g) => [g, null, gatherRows(g, ids)],
  replaceRows: ({ inputs: [, ids, values] }, _, g) => [
    replaceRows(g, ids, zeros(values.shape)),
    null,
    gatherRows(g, ids),
  ],

  rmsNorm: ({ inputs: [x, weight], attributes: { epsilon } }, _, g) => {
    const width = weight.shape[0];
    const scale = inverseRms(x, epsilon);
    const normalized = multiply(x, scale);
    const products = multiply(g, normalized);
    const rows = reshape(products, [sizeOf(x.shape) / width, width]);
    const mean = reshape(matmul(rows, reshape(weight, [width, 1]), { scale: 1 / width }), scale.shape);
    return [
      multiply(scale, subtract(multiply(g, weight), multiply(normalized, mean))),
      sumTo(products, weight.shape),
    ];
  },
  inverseRms: ({ inputs: [x] }, y, g) => {
    const cubed = multiply(multiply(y, y), y);
    return [multiply(x, multiply(multiply(cubed, g), -1 / x.shape[x.shape.length - 1]))];
  },
  rotate: ({ inputs: [, positions, cosines, sines], attributes: { heads, inverse } }, _, g) => [
    rotate(g, positions, cosines, sines, { heads, inverse: !inverse }),
    null,
    null,
    null,
  ],
};

/** The gradient that reaches each input of `node` when `g` arrives at its output. */
export function inputGradients(node: Tensor, g: Tensor): InputGradients {
  return applyRule(gradientRules, node, node, g);
}
