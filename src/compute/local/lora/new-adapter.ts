import { ConfigError } from "../../../errors.ts";
import type { LanguageModel } from "../../../models/model.ts";
import { createRandom } from "../../../random.ts";
import { type AdapterDescription, adapterShapes } from "./adapter.ts";
import { type AdapterBase, type AdapterSettings, newAdapterConfig } from "./adapter-config.ts";
import { unknownTarget } from "./target-modules.ts";

/** An adapter that begins without effect. */
export interface NewAdapter {
  settings: AdapterSettings;
  /** Of the random values of A. */
  seed: number;
  base: AdapterBase;
}

/** Throws ConfigError for targets that the model does not have. */
export function describeNewAdapter({ settings, base }: NewAdapter, model: LanguageModel): AdapterDescription {
  const fail = (problem: string): never => {
    throw new ConfigError(`lora.targetModules ${problem}`);
  };
  const described = newAdapterConfig(model, settings, base, fail);
  const unknown = unknownTarget(model, settings.targetModules);
  if (unknown !== null) {
    fail(`names ${unknown}`);
  }
  return { ...described, dropout: 0, storedTypes: new Map() };
}

/** Tells the stream of an adapter from that of a model's own weights. */
const adapterStream = 0x6c6f7261;

/** A uniform in +-1 / sqrt(inputs), which is PEFT's Kaiming-uniform with a = sqrt(5); B zero. */
export function newAdapterValues(
  model: LanguageModel,
  { layers }: AdapterDescription,
  seed: number,
): (name: string, values: Float32Array) => void {
  const shapes = [...adapterShapes(model, layers)];
  const firstMatrices = new Set([...layers.values()].map(({ a }) => a));
  const places = new Map(shapes.map(([name, shape], index) => [name, { index, inputs: shape[1] }]));
  return (name, values) => {
    const { index, inputs } = places.get(name)!;
    if (!firstMatrices.has(name)) {
      values.fill(0);
      return;
    }
    const random = createRandom(seed, adapterStream, index);
    const bound = 1 / Math.sqrt(inputs);
    for (let i = 0; i < values.length; i++) {
      values[i] = (2 * random.next() - 1) * bound;
    }
  };
}
