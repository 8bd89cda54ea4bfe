import { internalError } from "../errors.ts";
import type { Tensor } from "./primitives.ts";

/** What a backend compiles: named outputs and everything they depend on. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Topological order, inputs and constants included. */
  readonly tensors: readonly Tensor[];
}

/**
 * Everything `roots` depend on, themselves included, in topological order; without what is `known` by id, to which it is
 * added.
 */
export function ancestors(roots: readonly Tensor[], known: Set<number> = new Set()): Tensor[] {
  const found: Tensor[] = [];
  const pending = [...roots];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (!known.has(tensor.id)) {
      known.add(tensor.id);
      found.push(tensor);
      pending.push(...tensor.inputs);
    }
  }
  return found.sort((a, b) => a.id - b.id);
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
