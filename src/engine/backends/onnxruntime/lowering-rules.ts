import { internalError } from "../../../errors.ts";
import type { Graph } from "../../graph.ts";
import { applyRule, type PrimitiveNode, type RuleTable, type Tensor } from "../../primitives.ts";
import { sameShape, sizeOf } from "../../shape.ts";
import { hasFewRows, lowerGemm, lowerMatmul, type MatmulNode } from "./lower-matmul.ts";
import { lowerPanelMatmul, lowerPanelSum, type PanelMatmulNode } from "./lower-panel-matmul.ts";
import { lowerTranspose } from "./lower-transpose.ts";
import { type Lowering, nameOf, namesOf } from "./lowering.ts";
import { float, type OnnxWriter, onnxType } from "./onnx-writer.ts";

/** The ONNX value of a named input or output: ONNX has one name space, graphs have two. */
export function inputValue(name: string): string {
  return `input:${name}`;
}

export function outputValue(name: string): string {
  return `output:${name}`;
}

const operator =
  (name: string) =>
  ({ inputs }: PrimitiveNode, { writer, names }: Lowering): string =>
    writer.node(name, namesOf(inputs, names))[0];

/**
 * A node whose every value stands alone. Of matrices that were all transposed, the result is transposed instead, for what
 * follows may want it as they were.
 */
function elementwise(
  inputs: readonly Tensor[],
  { writer, names }: Lowering,
  write: (operands: readonly string[]) => string,
): string {
  const operands = namesOf(inputs, names);
  const before = operands.flatMap((name) => writer.beforeTransposing(name) ?? []);
  return before.length === operands.length ? writer.transposed(write(before)) : write(operands);
}

/**
 * Adds `values` to rows of `base`. ScatterND's threads lose additions to a row that several of them hold, so where an
 * operator has several threads, ScatterElements adds one element after the other, at thirty times the time.
 */
function scatterAdd(
  base: Tensor,
  ids: Tensor,
  values: Tensor,
  { writer, names, parallelism }: Lowering,
): string {
  const column = writer.reshape(nameOf(ids, names), [-1, 1]);
  if (parallelism === "graphs") {
    return writer.node("ScatterND", [nameOf(base, names), column, nameOf(values, names)], {
      reduction: "add",
    })[0];
  }
  const [rows] = writer.node("Expand", [column, writer.integers(values.shape)]);
  return writer.node("ScatterElements", [nameOf(base, names), rows, nameOf(values, names)], {
    axis: 0,
    reduction: "add",
  })[0];
}

/** Computed once, also where log-sum-exp and its gradient both want it. */
function softmaxOf(x: Tensor, { writer, names, byproducts }: Lowering): string {
  const known = byproducts.softmax.get(x.id);
  if (known !== undefined) {
    return known;
  }
  const [name] = writer.node("Softmax", [nameOf(x, names)], { axis: -1 });
  byproducts.softmax.set(x.id, name);
  return name;
}

const loweringRules: RuleTable<[lowering: Lowering], string> = {
  input: ({ attributes: { name } }) => inputValue(name),
  constant: () => {
    throw internalError("constants are lowered with their shape");
  },

  add: (node, lowering) => {
    const fused = node.inputs.find((tensor) => lowering.fused.has(tensor.id));
    if (fused === undefined) {
      return operator("Add")(node, lowering);
    }
    const addend = node.inputs[0] === fused ? node.inputs[1] : node.inputs[0];
    if (fused.primitive === "matmul") {
      return lowerGemm(fused as PrimitiveNode as MatmulNode, addend, lowering);
    }
    if (fused.primitive === "panelMatmul") {
      return lowerPanelSum(fused as PrimitiveNode as PanelMatmulNode, addend, lowering);
    }
    return scatterAdd(addend, fused.inputs[1], fused.inputs[2], lowering);
  },
  subtract: operator("Sub"),
  multiply: (node, lowering) => {
    const [x, sigmoidOfX] = node.inputs;
    const silu = (operands: readonly string[]): string =>
      lowering.writer.contributedNode("QuickGelu", operands, { alpha: float(1) });
    return lowering.fused.has(sigmoidOfX.id)
      ? elementwise([x], lowering, silu)
      : operator("Mul")(node, lowering);
  },
  divide: operator("Div"),
  less: ({ inputs }, { writer, names }) => {
    const [isLess] = writer.node("Less", namesOf(inputs, names));
    return writer.node("Cast", [isLess], { to: onnxType("float") })[0];
  },

  negate: operator("Neg"),
  exponential: operator("Exp"),
  logarithm: operator("Log"),
  sigmoid: operator("Sigmoid"),
  swiglu: ({ inputs: [, up, , activated] }, lowering) =>
    elementwise([activated, up], lowering, (operands) => lowering.writer.node("Mul", operands)[0]),

  matmul: lowerMatmul,
  panelMatmul: lowerPanelMatmul,
  sum: ({ inputs: [x], attributes: { axes } }, { writer, names }) =>
    writer.node("ReduceSum", [nameOf(x, names), writer.integers(axes)], { keepdims: 1 })[0],
  softmax: ({ inputs: [x] }, lowering) => softmaxOf(x, lowering),
  // Much faster than ReduceLogSumExp, and its gradient wants the softmax; the largest share loses no digits.
  logSumExp: ({ inputs: [x] }, lowering) => {
    const { writer, names } = lowering;
    const largestOf = (value: string): string =>
      writer.node("ReduceMax", [value, writer.integers([-1])], { keepdims: 1 })[0];
    const [logarithm] = writer.node("Log", [largestOf(softmaxOf(x, lowering))]);
    return writer.node("Sub", [largestOf(nameOf(x, names)), logarithm])[0];
  },

  reshape: ({ inputs: [x], attributes: { shape } }, { writer, names }) =>
    writer.reshape(nameOf(x, names), shape),
  transpose: lowerTranspose,
  broadcast: ({ inputs: [x], attributes: { shape } }, { writer, names }) =>
    writer.node("Expand", [nameOf(x, names), writer.integers(shape)])[0],
  slice: ({ inputs: [x], attributes: { axis, start, end } }, { writer, names }) =>
    writer.node("Slice", [
      nameOf(x, names),
      writer.integers([start]),
      writer.integers([end]),
      writer.integers([axis]),
    ])[0],
  concatenate: ({ inputs, attributes: { axis } }, { writer, names }) =>
    writer.node("Concat", namesOf(inputs, names), { axis })[0],

  gatherRows: ({ inputs }, { writer, names }) =>
    writer.node("Gather", namesOf(inputs, names), { axis: 0 })[0],
  scatterAddRows: ({ inputs: [base, ids, values] }, lowering) => scatterAdd(base, ids, values, lowering),
  // Works in place where the output is bound to the buffer of its own input.
  replaceRows: ({ inputs: [base, ids, values] }, { writer, names }) => {
    const column = writer.reshape(nameOf(ids, names), [-1, 1]);
    return writer.node("ScatterND", [nameOf(base, names), column, nameOf(values, names)])[0];
  },

  rmsNorm: ({ inputs, attributes: { epsilon } }, { writer, names, byproducts }) => {
    const attributes = { axis: -1, epsilon: float(epsilon), stash_type: 1 };
    const [normalized, inverseRms] = writer.node(
      "SimplifiedLayerNormalization",
      namesOf(inputs, names),
      attributes,
      { outputs: 2 },
    );
    byproducts.inverseRms.set(`${inputs[0].id}:${epsilon}`, inverseRms);
    return normalized;
  },
  inverseRms: ({ inputs: [x], attributes: { epsilon } }, { writer, names, byproducts }) => {
    const known = byproducts.inverseRms.get(`${x.id}:${epsilon}`);
    if (known !== undefined) {
      return known;
    }
    const name = nameOf(x, names);
    const [square] = writer.node("Mul", [name, name]);
    const [mean] = writer.node("ReduceMean", [square, writer.integers([-1])], { keepdims: 1 });
    const [shifted] = writer.node("Add", [mean, writer.floats([epsilon], [])]);
    const [rms] = writer.node("Sqrt", [shifted]);
    return writer.node("Reciprocal", [rms])[0];
  },
  // One row is one sequence of length 1: the operator wants no sequence longer than its tables.
  rotate: ({ inputs: [x, positions, cosines, sines], attributes: { inverse } }, { writer, names }) => {
    const [count, width] = x.shape;
    const rows = writer.reshape(nameOf(x, names), [count, 1, width]);
    const rowPositions = writer.reshape(nameOf(positions, names), [count, 1]);
    const tables = namesOf([cosines, sines], names);
    if (inverse) {
      [tables[1]] = writer.node("Neg", [tables[1]]);
    }
    const rotated = writer.contributedNode("RotaryEmbedding", [rows, rowPositions, ...tables]);
    return writer.reshape(rotated, x.shape);
  },
};

function isZeros(tensor: Tensor): boolean {
  const source = tensor.primitive === "broadcast" ? tensor.inputs[0] : tensor;
  return (
    source.primitive === "constant" &&
    (source.attributes as { values: readonly number[] }).values.every((value) => value === 0)
  );
}

/** Products of so many elements are added up in Gemm, for ONNX Runtime would hold all of a sum's at a time. */
const smallestSummedProduct = 1 << 24;

/**
 * What is written together with the node that reads it: products of matrices and scatters onto zeros, which the addition
 * that alone uses them takes along in Gemm and ScatterElements, and the sigmoid of a SwiGLU of which no gradient is taken.
 */
export function findFused(graph: Graph): Set<number> {
  const uses = new Map<number, number>();
  const use = (tensor: Tensor): void => void uses.set(tensor.id, (uses.get(tensor.id) ?? 0) + 1);
  for (const tensor of graph.tensors) {
    tensor.inputs.forEach(use);
  }
  for (const output of graph.outputs.values()) {
    use(output);
  }
  const fused = new Set<number>();
  for (const tensor of graph.tensors) {
    if (tensor.primitive === "swiglu" && uses.get(tensor.inputs[2].id) === 2) {
      fused.add(tensor.inputs[2].id);
    }
    if (tensor.primitive !== "add") {
      continue;
    }
    const [a, b] = tensor.inputs;
    const fuses = (part: Tensor, addend: Tensor): boolean => {
      if (uses.get(part.id) !== 1 || !sameShape(part.shape, tensor.shape)) {
        return false;
      }
      if (part.primitive === "matmul") {
        // A bias is taken along for nothing; a whole matrix makes Gemm slower than a product and an addition.
        const isBias = addend.shape.length === 1 && !hasFewRows(part as PrimitiveNode as MatmulNode);
        return part.shape.length === 2 && (isBias || sizeOf(part.shape) >= smallestSummedProduct);
      }
      if (part.primitive === "panelMatmul") {
        const [panels, , width] = part.shape;
        return sameShape(addend.shape, [panels, 1, width]) || sameShape(addend.shape, part.shape);
      }
      return (
        part.primitive === "scatterAddRows" && isZeros(part.inputs[0]) && sameShape(addend.shape, part.shape)
      );
    };
    const part = [b, a].find((candidate) => fuses(candidate, candidate === a ? b : a));
    if (part !== undefined) {
      fused.add(part.id);
    }
  }
  return fused;
}

/** Writes every tensor of the graph and returns the ONNX value of each, by tensor id. */
export function lowerGraph(
  graph: Graph,
  writer: OnnxWriter,
  { parallelism, panelWidth }: Pick<Lowering, "parallelism" | "panelWidth">,
): Map<number, string> {
  const lowering: Lowering = {
    writer,
    names: new Map(),
    byproducts: { inverseRms: new Map(), softmax: new Map() },
    fused: findFused(graph),
    parallelism,
    panelWidth,
  };
  for (const tensor of graph.tensors) {
    if (tensor.primitive === "constant") {
      const { values } = tensor.attributes as { values: readonly number[] };
      lowering.names.set(tensor.id, writer.floats(values, tensor.shape));
    } else if (!lowering.fused.has(tensor.id)) {
      lowering.names.set(tensor.id, applyRule(loweringRules, tensor, lowering));
    }
  }
  return lowering.names;
}
