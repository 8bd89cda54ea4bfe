import type { Backend, Buffer } from "../../../engine/backend.ts";
import { embeddingWeight } from "../../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../../models/model.ts";
import type { WrittenType } from "../../../safetensors/writer.ts";

/** A linear layer with an adapter: y = x W^T + bias + scale (x A^T) B^T. */
export interface AdaptedLayer {
  rank: number;
  scale: number;
  /** Names of A [rank, in] and B [out, rank] in adapter files. */
  a: string;
  b: string;
}

/** An adapter without its values. */
export interface AdapterDescription {
  /** The content of `adapter_config.json`. */
  configuration: Readonly<Record<string, unknown>>;
  /** By the name of the linear layer. */
  layers: ReadonlyMap<string, AdaptedLayer>;
  /** The type that each parameter is stored in; none for a new adapter. */
  storedTypes: ReadonlyMap<string, WrittenType>;
}

/** Adapters of linear layers (LoRA) with their values in memory. */
export interface Adapter extends AdapterDescription {
  /** A and B of every layer by their names in adapter files, in the order of the model's layers. */
  parameters: ReadonlyMap<string, Buffer>;
}

const prefix = "base_model.model.";

/** The names that PEFT gives the adapter of a linear layer. */
export function parameterNames(layer: string): { a: string; b: string } {
  return { a: `${prefix}${layer}.lora_A.weight`, b: `${prefix}${layer}.lora_B.weight` };
}

/** A linear layer's sizes: its weight is [outputs, inputs]. */
export interface LinearShape {
  outputs: number;
  inputs: number;
}

export function createAdapter(
  backend: Backend,
  description: AdapterDescription,
  linearLayers: ReadonlyMap<string, LinearShape>,
  fill: (name: string, values: Float32Array) => void,
): Adapter {
  const parameters = new Map<string, Buffer>();
  const allocate = (name: string, shape: readonly number[]): void => {
    const buffer = backend.allocate(shape);
    fill(name, buffer.values as Float32Array);
    parameters.set(name, buffer);
  };
  for (const [layer, { rank, a, b }] of description.layers) {
    const { outputs, inputs } = linearLayers.get(layer)!;
    allocate(a, [rank, inputs]);
    allocate(b, [outputs, rank]);
  }
  return { ...description, parameters };
}

/** The linear layers of a model, the vocabulary head last. */
export function linearLayersOf(model: LanguageModel): Map<string, LinearShape> {
  const layers = new Map<string, LinearShape>();
  const suffix = ".weight";
  for (const { name, shape } of model.parameters) {
    const isMatrix = name.endsWith(suffix) && shape.length === 2;
    if (isMatrix && name !== embeddingWeight) {
      layers.set(name.slice(0, -suffix.length), { outputs: shape[0], inputs: shape[1] });
    }
  }
  const { vocabularySize, hiddenSize } = model.dimensions;
  layers.delete(model.headLayer);
  return layers.set(model.headLayer, { outputs: vocabularySize, inputs: hiddenSize });
}
