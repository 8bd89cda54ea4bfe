import { internalError } from "../../../errors.ts";
import { applyRule, type PrimitiveNode, type RuleTable, type Tensor } from "../../primitives.ts";
import type { Shape } from "../../shape.ts";
import { positionOf, tabulate, visit } from "./coordinates.ts";

/** Values of one tensor, row-major; integers too. */
export type Values = Float64Array;

/** What a rule computes from: the node's own shape, the values of its inputs, and those fed to the graph by name. */
interface Evaluation {
  readonly shape: Shape;
  readonly inputs: readonly Values[];
  readonly feeds: ReadonlyMap<string, Values>;
}

type Rule = (node: PrimitiveNode, evaluation: Evaluation) => Values;

const elementwise =
  (f: (x: number) => number): Rule =>
  (_, { inputs: [x] }) =>
    x.map(f);

const broadcasting =
  (f: (a: number, b: number) => number): Rule =>
  ({ inputs: [nodeA, nodeB] }, { shape, inputs: [a, b] }) =>
    tabulate(shape, (at) => f(a[positionOf(nodeA.shape, at)], b[positionOf(nodeB.shape, at)]));

/** Applies `f` to each row along the last axis. */
function mapRows(x: Values, { shape }: Tensor, f: (row: Values) => ArrayLike<number>): Values {
  const size = shape[shape.length - 1];
  const rows = Array.from({ length: x.length / size }, (_, row) => x.subarray(row * size, (row + 1) * size));
  return Float64Array.from(rows.flatMap((row) => Array.from(f(row))));
}

function logSumExp(row: Values): number {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((total, x) => total + Math.exp(x - largest), 0));
}

function inverseRms(row: Values, epsilon: number): number {
  return 1 / Math.sqrt(row.reduce((total, x) => total + x * x, 0) / row.length + epsilon);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The ids as row numbers of a table. */
function rowsOf(ids: Values, table: Tensor): Values {
  const count = table.shape[0];
  const wrong = ids.find((id) => id < 0 || id >= count);
  if (wrong !== undefined) {
    throw internalError(`a table of ${count} rows has no row ${wrong}`);
  }
  return ids;
}

const evaluationRules: RuleTable<[Evaluation], Values> = {
  input: ({ attributes: { name } }, { feeds }) => feeds.get(name)!,
  constant: ({ attributes: { values } }) => Float64Array.from(values),

  add: broadcasting((a, b) => a + b),
  subtract: broadcasting((a, b) => a - b),
  multiply: broadcasting((a, b) => a * b),
  divide: broadcasting((a, b) => a / b),
  less: broadcasting((a, b) => Number(a < b)),

  negate: elementwise((x) => -x),
  exponential: elementwise(Math.exp),
  logarithm: elementwise(Math.log),
  sigmoid: elementwise(sigmoid),
  swiglu: (_, { inputs: [, up, , activated] }) => up.map((value, index) => value * activated[index]),

  matmul: ({ inputs: [nodeA, nodeB], attributes }, { shape, inputs: [a, b] }) => {
    const { transposeA, transposeB, scale } = attributes;
    const innerSize = nodeA.shape[nodeA.shape.length - (transposeA ? 2 : 1)];
    return tabulate(shape, (at) => {
      const batch = at.slice(0, -2);
      const [row, column] = at.slice(-2);
      let total = 0;
      for (let inner = 0; inner < innerSize; inner++) {
        const inA = transposeA ? [inner, row] : [row, inner];
        const inB = transposeB ? [column, inner] : [inner, column];
        total +=
          a[positionOf(nodeA.shape, [...batch, ...inA])] * b[positionOf(nodeB.shape, [...batch, ...inB])];
      }
      return scale * total;
    });
  },
  panelMatmul: ({ inputs: [nodeX, nodeV] }, { shape, inputs: [x, v] }) => {
    const [panels, , width] = nodeX.shape;
    return tabulate(shape, ([panel, row, column]) => {
      let total = 0;
      for (let inner = 0; inner < panels * width; inner++) {
        const inX = [Math.floor(inner / width), row, inner % width];
        total += x[positionOf(nodeX.shape, inX)] * v[positionOf(nodeV.shape, [panel, inner, column])];
      }
      return total;
    });
  },
  sum: ({ inputs: [node] }, { shape, inputs: [x] }) => {
    const totals = tabulate(shape, () => 0);
    visit(node.shape, (at, position) => {
      totals[positionOf(shape, at)] += x[position];
    });
    return totals;
  },
  softmax: ({ inputs: [node] }, { inputs: [x] }) =>
    mapRows(x, node, (row) => {
      const total = logSumExp(row);
      return row.map((logit) => Math.exp(logit - total));
    }),
  logSumExp: ({ inputs: [node] }, { inputs: [x] }) => mapRows(x, node, (row) => [logSumExp(row)]),

  reshape: (_, { inputs: [x] }) => x,
  transpose: ({ inputs: [node], attributes: { permutation } }, { shape, inputs: [x] }) =>
    tabulate(
      shape,
      (at) =>
        x[
          positionOf(
            node.shape,
            permutation.map((_, axis) => at[permutation.indexOf(axis)]),
          )
        ],
    ),
  broadcast: ({ inputs: [node] }, { shape, inputs: [x] }) =>
    tabulate(shape, (at) => x[positionOf(node.shape, at)]),
  slice: ({ inputs: [node], attributes: { axis, start } }, { shape, inputs: [x] }) =>
    tabulate(shape, (at) => x[positionOf(node.shape, at.with(axis, start + at[axis]))]),
  concatenate: ({ inputs: nodes, attributes: { axis } }, { shape, inputs }) =>
    tabulate(shape, (at) => {
      let part = 0;
      let along = at[axis];
      while (along >= nodes[part].shape[axis]) {
        along -= nodes[part].shape[axis];
        part++;
      }
      return inputs[part][positionOf(nodes[part].shape, at.with(axis, along))];
    }),

  gatherRows: ({ inputs: [node] }, { shape, inputs: [table, ids] }) => {
    const rows = rowsOf(ids, node);
    const width = shape[1];
    return tabulate(shape, ([row, column]) => table[rows[row] * width + column]);
  },
  scatterAddRows: ({ inputs: [node] }, { shape, inputs: [base, ids, values] }) => {
    const rows = rowsOf(ids, node);
    const width = shape[1];
    const totals = base.slice();
    values.forEach((value, position) => {
      totals[rows[Math.floor(position / width)] * width + (position % width)] += value;
    });
    return totals;
  },
  replaceRows: ({ inputs: [node] }, { shape, inputs: [base, ids, values] }) => {
    const rows = rowsOf(ids, node);
    const width = shape[1];
    const replaced = base.slice();
    rows.forEach((row, position) => {
      replaced.set(values.subarray(position * width, (position + 1) * width), row * width);
    });
    return replaced;
  },

  rmsNorm: ({ inputs: [node], attributes: { epsilon } }, { inputs: [x, weight] }) =>
    mapRows(x, node, (row) => {
      const scale = inverseRms(row, epsilon);
      return row.map((value, column) => weight[column] * value * scale);
    }),
  inverseRms: ({ inputs: [node], attributes: { epsilon } }, { inputs: [x] }) =>
    mapRows(x, node, (row) => [inverseRms(row, epsilon)]),
  rotate: (
    { inputs: [, , table], attributes: { inverse } },
    { shape, inputs: [x, positions, cosines, sines] },
  ) => {
    const rows = rowsOf(positions, table);
    const half = table.shape[1];
    return tabulate(shape, ([row, column]) => {
      const pair = column % half;
      const isFirst = column % (2 * half) < half;
      const place = row * shape[1] + column;
      const partner = isFirst ? x[place + half] : x[place - half];
      const entry = rows[row] * half + pair;
      const sine = isFirst === inverse ? sines[entry] : -sines[entry];
      return x[place] * cosines[entry] + partner * sine;
    });
  },
};

/** The values of `tensor`, given those of its inputs. */
export function evaluate(
  tensor: Tensor,
  inputs: readonly Values[],
  feeds: ReadonlyMap<string, Values>,
): Values {
  return applyRule(evaluationRules, tensor, { shape: tensor.shape, inputs, feeds });
}
