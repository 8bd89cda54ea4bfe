import { embeddingWeight } from "../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../models/model.ts";

/** A linear layer's sizes: its weight is [outputs, inputs]. */
export interface LinearShape {
  outputs: number;
  inputs: number;
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
