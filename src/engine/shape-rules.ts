import { internalError } from "../errors.ts";
import { applyRule, type Primitive, type PrimitiveNode, type RuleTable } from "./primitives.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf } from "./shape.ts";

const elementwise = ({ inputs: [x] }: PrimitiveNode): Shape => x.shape;
const broadcasting = ({ inputs: [a, b] }: PrimitiveNode): Shape => broadcastShapes(a.shape, b.shape);
const alongLastAxis = ({ primitive, inputs: [x] }: PrimitiveNode): Shape => {
  check(x.shape.length > 0, primitive, [x.shape]);
  return x.shape;
};
const lastAxisKept = (node: PrimitiveNode): Shape => [...alongLastAxis(node).slice(0, -1), 1];

function check(holds: boolean, primitive: string, shapes: readonly Shape[]): void {
  if (!holds) {
    throw internalError(`${primitive} cannot take shapes ${shapes.map(formatShape).join(" and ")}`);
  }
}

function baseOfScatter({ primitive, inputs: [base, ids, values] }: PrimitiveNode): Shape {
  const expected = [ids.shape[0], base.shape[1]];
  const fits = base.shape.length === 2 && ids.shape.length === 1 && sameShape(values.shape, expected);
  check(fits, primitive, [base.shape, ids.shape, values.shape]);
  return base.shape;
}

const shapeRules: RuleTable<[], Shape> = {
  input: () => {
    throw internalError("an input's shape is declared, not derived");
  },
  constant: () => {
    throw internalError("a constant's shape is declared, not derived");
  },

  add: broadcasting,
  subtract: broadcasting,
  multiply: broadcasting,
  divide: broadcasting,
  less: broadcasting,

  negate: elementwise,
  exponential: elementwise,
  logarithm: elementwise,
  sigmoid: elementwise,
  swiglu: ({ inputs }) => {
    const shapes = inputs.map(({ shape }) => shape);
    check(
      shapes.every((shape) => sameShape(shape, shapes[0])),
      "swiglu",
      shapes.slice(0, 2),
    );
    return shapes[0];
  },

  matmul: ({ inputs: [a, b], attributes: { transposeA, transposeB } }) => {
    const [rows, innerA] = transposeA
      ? [a.shape.at(-1)!, a.shape.at(-2)!]
      : [a.shape.at(-2)!, a.shape.at(-1)!];
    const [innerB, columns] = transposeB
      ? [b.shape.at(-1)!, b.shape.at(-2)!]
      : [b.shape.at(-2)!, b.shape.at(-1)!];
    check(a.shape.length >= 2 && b.shape.length >= 2 && innerA === innerB, "matmul", [a.shape, b.shape]);
    return [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns];
  },
  panelMatmul: ({ inputs }) => {
    const [x, v, turned] = inputs;
    const [panels, rows, width] = x.shape;
    const fits =
      x.shape.length === 3 &&
      v.shape.length === 3 &&
      sameShape(v.shape.slice(1), [panels * width, width]) &&
      (turned === undefined || sameShape(turned.shape, [panels, v.shape[0] * width, width]));
    check(
      fits,
      "panelMatmul",
      inputs.map(({ shape }) => shape),
    );
    return [v.shape[0], rows, width];
  },
  sum: ({ inputs: [x], attributes: { axes } }) => {
    check(
      axes.every((axis) => axis in x.shape),
      "sum",
      [x.shape, axes],
    );
    return x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  },
  softmax: alongLastAxis,
  logSumExp: lastAxisKept,

  reshape: ({ inputs: [x], attributes: { shape } }) => {
    check(sizeOf(x.shape) === sizeOf(shape), "reshape", [x.shape, shape]);
    return shape;
  },
  transpose: ({ inputs: [x], attributes: { permutation } }) => {
    const isPermutation =
      permutation.length === x.shape.length && x.shape.every((_, axis) => permutation.includes(axis));
    check(isPermutation, "transpose", [x.shape, permutation]);
    return permutation.map((axis) => x.shape[axis]);
  },
  broadcast: ({ inputs: [x], attributes: { shape } }) => {
    check(sameShape(broadcastShapes(x.shape, shape), shape), "broadcast", [x.shape, shape]);
    return shape;
  },
  slice: ({ inputs: [x], attributes: { axis, start, end } }) => {
    check(0 <= start && start < end && end <= x.shape[axis], "slice", [x.shape, [start, end]]);
    return x.shape.with(axis, end - start);
  },
  concatenate: ({ inputs, attributes: { axis } }) => {
    const shapes = inputs.map((tensor) => tensor.shape);
    check(
      shapes.every((shape) => axis in shape && sameShape(shape.with(axis, 0), shapes[0].with(axis, 0))),
      "concatenate",
      shapes,
    );
    return shapes[0].with(
      axis,
      shapes.reduce((total, shape) => total + shape[axis], 0),
    );
  },

  gatherRows: ({ inputs: [table, ids] }) => {
    check(table.shape.length === 2 && ids.shape.length === 1, "gatherRows", [table.shape, ids.shape]);
    return [ids.shape[0], table.shape[1]];
  },
  scatterAddRows: baseOfScatter,
  replaceRows: baseOfScatter,

  rmsNorm: ({ inputs: [x, weight] }) => {
    check(x.shape.length > 0 && sameShape(weight.shape, x.shape.slice(-1)), "rmsNorm", [
      x.shape,
      weight.shape,
    ]);
    return x.shape;
  },
  inverseRms: lastAxisKept,
  rotate: ({ inputs: [x, positions, cosines, sines], attributes: { heads } }) => {
    const fits =
      x.shape.length === 2 &&
      sameShape(positions.shape, x.shape.slice(0, 1)) &&
      sameShape(cosines.shape, sines.shape) &&
      x.shape[1] === heads * 2 * cosines.shape[1];
    check(fits, "rotate", [x.shape, positions.shape, cosines.shape, sines.shape]);
    return x.shape;
  },
};

/** Which input names rows and so holds integers; all others hold floats. */
const integerInput: Partial<Record<Primitive, number>> = {
  gatherRows: 1,
  scatterAddRows: 1,
  replaceRows: 1,
  rotate: 1,
};

export function shapeOf(node: PrimitiveNode): Shape {
  node.inputs.forEach(({ elementType }, index) => {
    const wanted = integerInput[node.primitive] === index ? "integer" : "float";
    if (elementType !== wanted) {
      throw internalError(`${node.primitive} wants input ${index} of ${wanted}s, not ${elementType}s`);
    }
  });
  return applyRule(shapeRules, node);
}
