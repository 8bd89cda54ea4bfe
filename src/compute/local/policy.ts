import type { Backend, Buffer } from "../../engine/backend.ts";
import { multiply } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import type { VocabularyHead } from "../../losses/token-logprobs.ts";
import { embeddingWeight } from "../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../models/model.ts";
import { type LinearLayer, linear, linearAt } from "../../nn/linear.ts";
import type { Rows } from "../../nn/rows.ts";
import type { Weights } from "../../nn/weights.ts";
import type { NamedValues } from "../../optim/optimizer.ts";
import type { Adapter } from "./lora/adapter.ts";

/** The model with its weights in memory: one set of buffers that the sampler reads and the learner updates in place. */
export interface Policy {
  readonly backend: Backend;
  readonly model: LanguageModel;
  /** By name, in the order of the model's specifications. */
  readonly parameters: ReadonlyMap<string, Buffer>;
  /** null where the model's own parameters are trained. */
  readonly adapter: Adapter | null;
  /** What the learner updates, by name: the parameters of the adapter, or of the model where there is none. */
  readonly trainable: ReadonlyMap<string, Buffer>;
  /** The rotation of the first `positions` positions. */
  rotaryTables(positions: number): RotaryBuffers;
}

/** Each [positions, headSize / 2]. */
export interface RotaryBuffers {
  cosines: Buffer;
  sines: Buffer;
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
  return {
    backend,
    model,
    parameters,
    adapter: null,
    trainable: parameters,
    rotaryTables: growingTables(backend, model),
  };
}

/** Positions that tables are laid out for where so many are asked for. */
export function laidOutPositions(positions: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(positions, 1024)));
}

/** Some models know a million positions, of which a run reaches few: tables grow with what is asked for. */
function growingTables(backend: Backend, model: LanguageModel): Policy["rotaryTables"] {
  const half = model.dimensions.headSize / 2;
  let laidOut = 0;
  let tables = model.rotaryTables(laidOut);
  return (positions) => {
    if (positions > laidOut) {
      laidOut = laidOutPositions(positions);
      tables = model.rotaryTables(laidOut);
    }
    const first = (values: Float32Array): Buffer =>
      backend.wrap(values.subarray(0, positions * half), [positions, half]);
    return { cosines: first(tables.cosines), sines: first(tables.sines) };
  };
}

/** The memory of float buffers, by their names. */
export function namedValues(buffers: ReadonlyMap<string, Buffer>): NamedValues {
  return Object.fromEntries([...buffers].map(([name, { values }]) => [name, values as Float32Array]));
}

/** The policy with an adapter, which alone is trained from then on. */
export function adaptPolicy(policy: Policy, adapter: Adapter): Policy {
  return { ...policy, adapter, trainable: adapter.parameters };
}

/** The name of a linear layer's weight. */
export function weightName({ headLayer, tiedEmbeddings }: LanguageModel, layer: string): string {
  return tiedEmbeddings && layer === headLayer ? embeddingWeight : `${layer}.weight`;
}

/** Symbolic stand-ins for the policy's buffers and for `rows` rows of tokens at positions below `positions`, one input each. */
export function policyInputs(
  policy: Policy,
  rows: number,
  positions: number,
): { weights: Weights; rows: Rows } {
  const table = [positions, policy.model.dimensions.headSize / 2];
  return {
    weights: policyWeights(policy),
    rows: {
      tokenIds: input("tokenIds", [rows], "integer"),
      positions: input("positions", [rows], "integer"),
      cosines: input("cosines", table),
      sines: input("sines", table),
    },
  };
}

export function policyWeights({ model, parameters, adapter }: Policy): Weights {
  const inputs = new Map<string, Tensor>();
  const tensor = (name: string): Tensor => {
    const buffer = parameters.get(name) ?? adapter?.parameters.get(name);
    const known = inputs.get(name) ?? input(name, buffer!.shape);
    inputs.set(name, known);
    return known;
  };
  const layerOf = (name: string): LinearLayer => {
    const bias = `${name}.bias`;
    const adapted = adapter?.layers.get(name);
    return {
      weight: tensor(weightName(model, name)),
      bias: parameters.has(bias) ? tensor(bias) : undefined,
      adapter: adapted && { a: tensor(adapted.a), b: tensor(adapted.b), scale: adapted.scale },
    };
  };
  return {
    tensor,
    linear: (x, name) => linear(x, layerOf(name)),
    linearAt: (x, name, indices) => linearAt(x, layerOf(name), indices),
  };
}

/**
 * What the vocabulary head reads of the last layer's rows [N, D], for logits that are divided by the temperature already;
 * `inverseTemperature` is an input [].
 */
export function headRows(model: LanguageModel, weights: Weights, hidden: Tensor): Tensor {
  return multiply(model.finalNorm(weights, hidden), input("inverseTemperature", []));
}

/** The vocabulary head as losses want it. */
export function vocabularyHead({ dimensions, headLayer }: LanguageModel, weights: Weights): VocabularyHead {
  return {
    vocabularySize: dimensions.vocabularySize,
    logits: (rows) => weights.linear(rows, headLayer),
    logitsAt: (rows, tokenIds) => weights.linearAt(rows, headLayer, tokenIds),
  };
}

/** The buffers that `policyInputs` stands for, but for the rows' own. */
export function policyBuffers(policy: Policy, positions: number): Record<string, Buffer> {
  return {
    ...Object.fromEntries(policy.parameters),
    ...Object.fromEntries(policy.adapter?.parameters ?? []),
    ...policy.rotaryTables(positions),
  };
}
