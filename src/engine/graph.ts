import { internalError } from "../errors.ts";
import type { Tensor } from "./primitives.ts";

/** What a backend compiles: named outputs and everything they depend on. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Topological order, inputs and constants included. */
  readonly tensors: readonly Tensor[];
}

/** Everything `roots` depend on, themselves included, in topological order. */
export function ancestors(roots: readonly Tensor[]): Tensor[] {
  const found = new Map<number, Tensor>();
  const pending = [...roots];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (!found.has(tensor.id)) {
      found.set(tensor.id, tensor);
      pending.push(...tensor.inputs);
    }
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

export function buildGraph(outputs: Readonly<Record<string, Tensor>>): Graph {
  const tensors = ancestors(Object.values(outputs));
  const inputs = new Map<string, Tensor>();
  for (const tensor of tensors) {
    if (tensor.primitive === "input") {
      const { name } = tensor.attributes as { name: string };
      if (inputs.has(name)) {
        throw internalError(`two inputs are named ${name}`);
      }
      inputs.set(name, tensor);
    }
  }
  return { inputs, outputs: new Map(Object.entries(outputs)), tensors };
}
