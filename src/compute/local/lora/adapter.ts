import type { Backend, Buffer } from "../../../engine/backend.ts";
import type { LanguageModel } from "../../../models/model.ts";
import type { WrittenType } from "../../../safetensors/writer.ts";
import { linearLayersOf } from "../linear-layers.ts";

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
  /** `lora_dropout`, which matters to training alone. */
  dropout: number;
  /** The type that each parameter is stored in; none for a new adapter. */
  storedTypes: ReadonlyMap<string, WrittenType>;
}

/** Adapters of linear layers (LoRA) with their values in memory. */
export interface Adapter extends AdapterDescription {
  /** A and B of every layer by their names in adapter files, in the order of the model's layers. */
  parameters: ReadonlyMap<string, Buffer>;
}

/** What PEFT puts before the names of a model's modules. */
export const basePrefix = "base_model.model.";

/** The names that PEFT gives the adapter of a linear layer. */
export function parameterNames(layer: string): { a: string; b: string } {
  return { a: `${basePrefix}${layer}.lora_A.weight`, b: `${basePrefix}${layer}.lora_B.weight` };
}

/** A and B of every layer with their shapes, in the order of the layers. */
export function adapterShapes(
  model: LanguageModel,
  layers: ReadonlyMap<string, AdaptedLayer>,
): Map<string, readonly number[]> {
  const linearLayers = linearLayersOf(model);
  return new Map(
    [...layers].flatMap(([layer, { rank, a, b }]): [string, readonly number[]][] => {
      const { outputs, inputs } = linearLayers.get(layer)!;
      return [
        [a, [rank, inputs]],
        [b, [outputs, rank]],
      ];
    }),
  );
}

/** How many values an adapter has. */
export function adapterSize(model: LanguageModel, { layers }: AdapterDescription): number {
  const sizes = [...adapterShapes(model, layers).values()].map(([rows, columns]) => rows * columns);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Lays out the buffers of an adapter; `fill` writes the initial values of each parameter. */
export function createAdapter(
  backend: Backend,
  model: LanguageModel,
  description: AdapterDescription,
  fill: (name: string, values: Float32Array) => void,
): Adapter {
  const parameters = new Map<string, Buffer>();
  for (const [name, shape] of adapterShapes(model, description.layers)) {
    const buffer = backend.allocate(shape);
    fill(name, buffer.values as Float32Array);
    parameters.set(name, buffer);
  }
  return { ...description, parameters };
}
