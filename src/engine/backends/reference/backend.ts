import type { Backend, BoundGraph, Buffer } from "../../backend.ts";
import type { Graph } from "../../graph.ts";
import type { ElementType } from "../../primitives.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { checkBuffer, wrapValues } from "../check-buffer.ts";
import { evaluate, type Values } from "./evaluation-rules.ts";

/**
 * The oracle of tests: evaluates one primitive after the other in float64, by rules that are slow and plain to read.
 * Its own buffers hold float64; wrapped float32 memory is computed with in float64 and rounded when it is written.
 */
export function createReferenceBackend(): Backend {
  return {
    name: "reference",
    panelWidth: null,
    allocate: (shape, elementType = "float") => allocate(shape, elementType),
    wrap: wrapValues,
    compile: (graph) => ({ bind: (inputs, outputs) => bind(graph, inputs, outputs), free: () => {} }),
  };
}

function allocate(shape: Shape, elementType: ElementType): Buffer {
  const size = sizeOf(shape);
  const values = elementType === "float" ? new Float64Array(size) : new BigInt64Array(size);
  return { shape, elementType, values };
}

function bind(
  graph: Graph,
  inputs: Readonly<Record<string, Buffer>>,
  outputs: Readonly<Record<string, Buffer>>,
): BoundGraph {
  const inputBuffers = [...graph.inputs].map(
    ([name, tensor]) => [name, checkBuffer(name, tensor, inputs[name])] as const,
  );
  const outputBuffers = [...graph.outputs].map(
    ([name, tensor]) => [tensor.id, checkBuffer(name, tensor, outputs[name])] as const,
  );
  const run = (): void => {
    const feeds = new Map(inputBuffers.map(([name, { values }]) => [name, readValues(values)]));
    const known = new Map<number, Values>();
    for (const tensor of graph.tensors) {
      const inputValues = tensor.inputs.map(({ id }) => known.get(id)!);
      known.set(tensor.id, evaluate(tensor, inputValues, feeds));
    }
    for (const [id, { values }] of outputBuffers) {
      writeValues(values, known.get(id)!);
    }
  };
  return { run, runBeside: async () => run(), free: () => {} };
}

function readValues(values: Buffer["values"]): Values {
  return Float64Array.from<number | bigint>(values, Number);
}

function writeValues(target: Buffer["values"], values: Values): void {
  if (target instanceof BigInt64Array) {
    target.set(Array.from(values, BigInt));
  } else {
    target.set(values);
  }
}
