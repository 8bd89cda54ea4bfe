import type { Backend, Buffer } from "../../engine/backend.ts";
import { embeddingWeight } from "../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../models/model.ts";
import type { WeightPanels } from "../../nn/linear.ts";
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
  /** Copies of weights in panels, by the name of the parameter, which products read in the place of the weights. */
  readonly panels: ReadonlyMap<string, WeightPanels<Buffer>>;
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
    panels: new Map(),
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
