import { mlpLayers } from "../nn/decoder-layer.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import type { ParameterSpec } from "./model.ts";

/** In what the families' decoder layers differ. */
export interface DecoderTraits {
  /** Linear layers of each decoder layer that have a bias, such as `self_attn.q_proj`. */
  biased: readonly string[];
  /** RMSNorm of each head of queries and keys: `q_norm`, `k_norm`. */
  headNorms: boolean;
}

export const attentionProjections = ["q_proj", "k_proj", "v_proj", "o_proj"].map(
  (name) => `self_attn.${name}`,
);
export const mlpProjections = Object.values(mlpLayers);

export const embeddingWeight = "model.embed_tokens.weight";
export const lastNormWeight = "model.norm.weight";
export const headLayer = "lm_head";
export const headWeight = `${headLayer}.weight`;

export function layerPrefix(layer: number): string {
  return `model.layers.${layer}.`;
}

/** The parameters of a decoder under their names in checkpoint files, in the order in which those list them. */
export function decoderParameters(config: DecoderConfig, traits: DecoderTraits): ParameterSpec[] {
  const { vocabularySize, hiddenSize, layers, tiedEmbeddings } = config;
  const ofOneLayer = layerParameters(config, traits);
  const vocabulary = (name: string): ParameterSpec => ({
    name,
    shape: [vocabularySize, hiddenSize],
    initialization: "normal",
  });
  const specs = [vocabulary(embeddingWeight)];
  for (let layer = 0; layer < layers; layer++) {
    const prefix = layerPrefix(layer);
    specs.push(...ofOneLayer.map((spec) => ({ ...spec, name: prefix + spec.name })));
  }
  specs.push({ name: lastNormWeight, shape: [hiddenSize], initialization: "ones" });
  return tiedEmbeddings ? specs : [...specs, vocabulary(headWeight)];
}

function layerParameters(config: DecoderConfig, { biased, headNorms }: DecoderTraits): ParameterSpec[] {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize } = config;
  const norm = (name: string, size: number): ParameterSpec => ({
    name: `${name}.weight`,
    shape: [size],
    initialization: "ones",
  });
  const linear = (name: string, outputs: number, inputs: number): ParameterSpec[] => {
    const weight: ParameterSpec = {
      name: `${name}.weight`,
      shape: [outputs, inputs],
      initialization: "normal",
    };
    const bias: ParameterSpec = { name: `${name}.bias`, shape: [outputs], initialization: "zeros" };
    return biased.includes(name) ? [weight, bias] : [weight];
  };
  const querySize = heads * headSize;
  const keySize = keyValueHeads * headSize;
  return [
    ...linear("self_attn.q_proj", querySize, hiddenSize),
    ...linear("self_attn.k_proj", keySize, hiddenSize),
    ...linear("self_attn.v_proj", keySize, hiddenSize),
    ...linear("self_attn.o_proj", hiddenSize, querySize),
    ...(headNorms ? [norm("self_attn.q_norm", headSize), norm("self_attn.k_norm", headSize)] : []),
    ...linear("mlp.gate_proj", intermediateSize, hiddenSize),
    ...linear("mlp.up_proj", intermediateSize, hiddenSize),
    ...linear("mlp.down_proj", hiddenSize, intermediateSize),
    norm("input_layernorm", hiddenSize),
    norm("post_attention_layernorm", hiddenSize),
  ];
}
