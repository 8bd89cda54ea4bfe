import type { Buffer } from "../../../engine/backend.ts";
import { configFile } from "../../../model-files.ts";
import { embeddingWeight, headWeight } from "../../../models/decoder-parameters.ts";
import type { LanguageModel } from "../../../models/model.ts";
import { createModel } from "../../../models/registry.ts";
import type { WrittenType } from "../../../safetensors/writer.ts";
import type { SideFiles } from "../model-folder.ts";
import { type Policy, weightName } from "../policy.ts";
import { encodeConfig } from "../saved-folder.ts";

/** A policy and what its model folder is made of beside its weights. */
export interface MergeablePolicy {
  policy: Policy;
  sideFiles: SideFiles;
  /** The types that the parameters are stored in. */
  types: ReadonlyMap<string, WrittenType>;
}

/** Adds the adapter onto the policy's own buffers: W + scale B A for every adapted layer. */
export function mergeAdapter(given: MergeablePolicy): MergeablePolicy {
  const { adapter } = given.policy;
  if (adapter === null) {
    return given;
  }
  const separated = adapter.layers.has(given.policy.model.headLayer) ? withOwnHead(given) : given;
  const { policy } = separated;
  const valuesOf = (buffers: ReadonlyMap<string, Buffer>, name: string): Float32Array =>
    buffers.get(name)!.values as Float32Array;
  for (const [layer, { scale, a, b }] of adapter.layers) {
    addProduct(
      valuesOf(policy.parameters, weightName(policy.model, layer)),
      valuesOf(adapter.parameters, b),
      valuesOf(adapter.parameters, a),
      scale,
      adapter.parameters.get(a)!.shape,
    );
  }
  return { ...separated, policy: { ...policy, adapter: null, trainable: policy.parameters } };
}

/** Unties the vocabulary head: what is added to it must not reach the embedding. */
function withOwnHead(given: MergeablePolicy): MergeablePolicy {
  const { policy, sideFiles, types } = given;
  if (!policy.model.tiedEmbeddings) {
    return given;
  }
  const configuration = { ...policy.model.configuration, tie_word_embeddings: false };
  const model: LanguageModel = createModel(configuration, configFile);
  const { shape, values } = policy.parameters.get(embeddingWeight)!;
  const head = policy.backend.wrap(Float32Array.from(values as Float32Array), shape);
  const type = types.get(embeddingWeight);
  return {
    policy: { ...policy, model, parameters: new Map([...policy.parameters, [headWeight, head]]) },
    sideFiles: { ...sideFiles, [configFile]: encodeConfig(configuration) },
    types: type ? new Map([...types, [headWeight, type]]) : types,
  };
}

/** weight [out, in] += scale * b [out, rank] a [rank, in]; each sum is rounded once. */
function addProduct(
  weight: Float32Array,
  b: Float32Array,
  a: Float32Array,
  scale: number,
  [rank, inputs]: readonly number[],
): void {
  const row = new Float64Array(inputs);
  for (let output = 0; output * inputs < weight.length; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * b[output * rank + k];
      const start = k * inputs;
      for (let i = 0; i < inputs; i++) {
        row[i] += factor * a[start + i];
      }
    }
    const start = output * inputs;
    for (let i = 0; i < inputs; i++) {
      weight[start + i] += row[i];
    }
  }
}
