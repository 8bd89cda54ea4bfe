import { create, toBinary } from "@bufbuild/protobuf";
import type { ElementType } from "../../primitives.ts";
import type { Shape } from "../../shape.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_pb.ts";

/** Integers become INT attributes, lists of them INTS; wrap a number in `float()` for FLOAT. */
export type AttributeValue = number | readonly number[] | string | { float: number };

export function float(value: number): { float: number } {
  return { float: value };
}

const contributed = "com.microsoft";
/** Operators over channels that stand in blocks. */
const blocked = "com.microsoft.nchwc";
/** Versions of the operator sets in use: ONNX's own and ONNX Runtime's. */
const operatorSets = [
  { domain: "", version: 21n },
  { domain: contributed, version: 1n },
  { domain: blocked, version: 1n },
];
const irVersion = 10n;

/** Collects nodes and constants and writes them as an ONNX model. */
export class OnnxWriter {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers = new Map<string, TensorProto>();
  /** Shapes of the values of operators whose channels stand in blocks. */
  private readonly blockShapes = new Map<string, Shape>();
  /** What each reshaped value was before any reshape. */
  private readonly unshaped = new Map<string, string>();
  /** Reshaped values by what they were and their shape. */
  private readonly reshaped = new Map<string, string>();
  /** What each transposed matrix was before. */
  private readonly untransposed = new Map<string, string>();
  private nextName = 0;

  /** Adds a node and returns the names of its outputs. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    { outputs = 1, domain = "" }: { outputs?: number; domain?: string } = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => `t${this.nextName++}`);
    const attribute = Object.entries(attributes).map(([name, value]) => writeAttribute(name, value));
    this.nodes.push(
      create(NodeProtoSchema, { opType: operator, domain, input: [...inputs], output: names, attribute }),
    );
    return names;
  }

  /** A node of one of ONNX Runtime's own operators. */
  contributedNode(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.node(operator, inputs, attributes, { domain: contributed })[0];
  }

  /** A node of the operators whose channels stand in blocks; its value has this shape. */
  blockedNode(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    shape: Shape,
  ): string {
    const [name] = this.node(operator, inputs, attributes, { domain: blocked });
    this.blockShapes.set(name, shape);
    return name;
  }

  /** Another shape for the same values: of reshapes one after the other the last alone is a node, and stands once. */
  reshape(value: string, shape: Shape): string {
    const source = this.unshaped.get(value) ?? value;
    const key = `${source}:${shape.join("x")}`;
    const known = this.reshaped.get(key);
    if (known !== undefined) {
      return known;
    }
    const [reshaped] = this.node("Reshape", [source, this.integers(shape)]);
    this.reshaped.set(key, reshaped);
    this.unshaped.set(reshaped, source);
    return reshaped;
  }

  /** The value of a blocked node before it was reshaped to `shape`, any other as it is: a reshape into an output copies. */
  beforeReshaping(value: string, shape: Shape): { value: string; shape: Shape } {
    const source = this.unshaped.get(value) ?? value;
    const blockShape = this.blockShapes.get(source);
    return blockShape ? { value: source, shape: blockShape } : { value, shape };
  }

  /** A matrix with its axes exchanged. */
  transposed(matrix: string): string {
    const [name] = this.node("Transpose", [matrix], { perm: [1, 0] });
    this.untransposed.set(name, matrix);
    return name;
  }

  /** The matrix that `value` was transposed from, if it was. */
  beforeTransposing(value: string): string | undefined {
    return this.untransposed.get(value);
  }

  floats(values: readonly number[], shape: Shape): string {
    const data = new Uint8Array(Float32Array.from(values).buffer);
    return this.initializer(
      TensorProto_DataType.FLOAT,
      shape,
      data,
      `f${shape.join("x")}:${values.join(",")}`,
    );
  }

  integers(values: readonly number[], shape: Shape = [values.length]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.initializer(
      TensorProto_DataType.INT64,
      shape,
      data,
      `i${shape.join("x")}:${values.join(",")}`,
    );
  }

  private initializer(
    dataType: number,
    shape: Shape,
    rawData: Uint8Array<ArrayBuffer>,
    name: string,
  ): string {
    if (!this.initializers.has(name)) {
      const dims = shape.map(BigInt);
      this.initializers.set(name, create(TensorProtoSchema, { name, dims, dataType, rawData }));
    }
    return name;
  }

  private rename(names: ReadonlyMap<string, string>): void {
    for (const node of this.nodes) {
      node.input = node.input.map((name) => names.get(name) ?? name);
      node.output = node.output.map((name) => names.get(name) ?? name);
    }
  }

  /**
   * The model with these inputs, and `outputs` mapping each output's name to the value it names. A value that a node
   * computes takes the output's name: an `Identity` would copy what other nodes read too, updates in place among them.
   */
  finish(
    inputs: Iterable<{ name: string; shape: Shape; elementType: ElementType }>,
    outputs: Iterable<{ name: string; value: string; shape: Shape }>,
  ): Uint8Array {
    const outputInfos: ValueInfoProto[] = [];
    const nodeOutputs = new Set(this.nodes.flatMap(({ output }) => output));
    const renamed = new Map<string, string>();
    for (const { name, value, shape } of outputs) {
      if (renamed.has(value) || !nodeOutputs.has(value)) {
        this.nodes.push(create(NodeProtoSchema, { opType: "Identity", input: [value], output: [name] }));
      } else {
        renamed.set(value, name);
      }
      outputInfos.push(valueInfo(name, shape, "float"));
    }
    this.rename(renamed);
    const graph = {
      name: "gpgrad",
      node: inOrderOfRuns(
        neededNodes(
          this.nodes,
          outputInfos.map(({ name }) => name),
        ),
      ),
      initializer: [...this.initializers.values()],
      input: Array.from(inputs, ({ name, shape, elementType }) => valueInfo(name, shape, elementType)),
      output: outputInfos,
    };
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, { irVersion, opsetImport: operatorSets, graph }),
    );
  }
}

/** Those that an output depends on, of nodes in topological order. */
function neededNodes(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const needed = new Set(outputs);
  return nodes
    .toReversed()
    .filter(({ input, output }) => {
      const isNeeded = output.some((name) => needed.has(name));
      if (isNeeded) {
        input.forEach((name) => void needed.add(name));
      }
      return isNeeded;
    })
    .toReversed();
}

/**
 * ONNX Runtime computes the last result of a model first, with all that it needs, and the first one last. Written the
 * other way round, results come in the order in which they were recorded: what a result is made of is still in the cache,
 * and lives no longer than it must. What no result but a later one reads waits for that.
 */
function inOrderOfRuns(nodes: readonly NodeProto[]): NodeProto[] {
  const read = new Set(nodes.flatMap(({ input }) => input));
  const isResult = ({ output }: NodeProto): boolean => !output.some((name) => read.has(name));
  return [...nodes.filter((node) => !isResult(node)), ...nodes.filter(isResult).toReversed()];
}

export function onnxType(elementType: ElementType): number {
  return elementType === "float" ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT64;
}

function valueInfo(name: string, shape: Shape, elementType: ElementType): ValueInfoProto {
  const dim = shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const tensorType = { elemType: onnxType(elementType), shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: tensorType } } });
}

function writeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string") {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s });
  }
  if (typeof value === "number") {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}
