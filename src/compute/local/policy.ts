import type { Backend, Buffer } from "../../engine/backend.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import type { LanguageModel } from "../../models/model.ts";
import { linear } from "../../nn/linear.ts";
import type { Rows } from "../../nn/rows.ts";
import type { Weights } from "../../nn/weights.ts";

/** The model with its weights in memory: one set of buffers that the sampler reads and the learner updates in place. */
export interface Policy {
  readonly backend: Backend;
  readonly model: LanguageModel;
  /** By name, in the order of the model's specifications. */
  readonly parameters: ReadonlyMap<string, Buffer>;
  /** Rotary tables for every position the model knows, [maxPositions, headSize / 2]. */
  readonly cosines: Buffer;
  readonly sines: Buffer;
}

/** Lays out the buffers of a model; `fill` writes the initial values of each parameter. */
export function createPolicy(
  backend: Backend,
  model: LanguageModel,
  fill: (name: string, values: Float32Array) => void,
): Policy {
  const parameters = new Map<string, Buffer>();
  for (const { name, shape } of model.parameters) {
    const buffer = backend.allocate(shape);
    fill(name, buffer.values as Float32Array);
    parameters.set(name, buffer);
  }
  const { maxPositions, headSize } = model.dimensions;
  const tables = model.rotaryTables(maxPositions);
  const shape = [maxPositions, headSize / 2];
  return {
    backend,
    model,
    parameters,
    cosines: backend.wrap(tables.cosines, shape),
    sines: backend.wrap(tables.sines, shape),
  };
}

/** Symbolic stand-ins for the policy's buffers and for `rows` rows of tokens, one input each. */
export function policyInputs(policy: Policy, rows: number): { weights: Weights; rows: Rows } {
  const inputs = new Map<string, Tensor>();
  const tensor = (name: string): Tensor => {
    const known = inputs.get(name) ?? input(name, policy.parameters.get(name)!.shape);
    inputs.set(name, known);
    return known;
  };
  const bias = (name: string): Tensor | undefined =>
    policy.parameters.has(`${name}.bias`) ? tensor(`${name}.bias`) : undefined;
  return {
    weights: { tensor, linear: (x, name) => linear(x, tensor(`${name}.weight`), bias(name)) },
    rows: {
      tokenIds: input("tokenIds", [rows], "integer"),
      positions: input("positions", [rows], "integer"),
      cosines: input("cosines", policy.cosines.shape),
      sines: input("sines", policy.sines.shape),
    },
  };
}

/** The buffers that `policyInputs` stands for, but for the rows' own. */
export function policyBuffers({ parameters, cosines, sines }: Policy): Record<string, Buffer> {
  return { ...Object.fromEntries(parameters), cosines, sines };
}
