import { gatherRows, rmsNorm } from "../../engine/operations.ts";
import { decoderLayer } from "../../nn/decoder-layer.ts";
import { rotaryTables } from "../../nn/rotary-tables.ts";
import type { LanguageModel, ParameterSpec } from "../model.ts";
import { parseQwen2Config, type Qwen2Config } from "./config.ts";

const embedding = "model.embed_tokens.weight";
const lastNorm = "model.norm.weight";
const head = "lm_head.weight";

/** Qwen2 and Qwen2.5: RMSNorm, rotary positions, grouped-query attention with biases on q, k and v, SwiGLU. */
export function createQwen2(configuration: Readonly<Record<string, unknown>>, file: string): LanguageModel {
  const config = parseQwen2Config(configuration, file);
  const { vocabularySize, hiddenSize, layers, heads, keyValueHeads, headSize, maxPositions } = config;
  return {
    family: "qwen2",
    dimensions: { vocabularySize, hiddenSize, layers, heads, keyValueHeads, headSize, maxPositions },
    parameters: parameterSpecs(config),
    initializerRange: config.initializerRange,
    configuration,
    rotaryTables: (positions) => rotaryTables(config.ropeTheta, headSize, positions),
    embed: (weights, tokenIds) => gatherRows(weights.tensor(embedding), tokenIds),
    layerPrefix: (layer) => `model.layers.${layer}.`,
    layer: (weights, hidden, rows, attend) => decoderLayer(weights, hidden, rows, attend, config),
    finalNorm: (weights, hidden) => rmsNorm(hidden, weights.tensor(lastNorm), config.normEpsilon),
    headWeight: (weights) => weights.tensor(config.tiedEmbeddings ? embedding : head),
  };
}

/** In the order in which checkpoint files list them. */
function parameterSpecs(config: Qwen2Config): ParameterSpec[] {
  const { vocabularySize, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headSize } = config;
  const matrix = (name: string, rows: number, columns: number): ParameterSpec => ({
    name: `${name}.weight`,
    shape: [rows, columns],
    initialization: "normal",
  });
  const bias = (name: string, size: number): ParameterSpec => ({
    name: `${name}.bias`,
    shape: [size],
    initialization: "zeros",
  });
  const norm = (name: string): ParameterSpec => ({ name, shape: [hiddenSize], initialization: "ones" });
  const querySize = heads * headSize;
  const keySize = keyValueHeads * headSize;

  const specs = [matrix("model.embed_tokens", vocabularySize, hiddenSize)];
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `model.layers.${layer}.${name}`;
    specs.push(
      matrix(at("self_attn.q_proj"), querySize, hiddenSize),
      bias(at("self_attn.q_proj"), querySize),
      matrix(at("self_attn.k_proj"), keySize, hiddenSize),
      bias(at("self_attn.k_proj"), keySize),
      matrix(at("self_attn.v_proj"), keySize, hiddenSize),
      bias(at("self_attn.v_proj"), keySize),
      matrix(at("self_attn.o_proj"), hiddenSize, querySize),
      matrix(at("mlp.gate_proj"), intermediateSize, hiddenSize),
      matrix(at("mlp.up_proj"), intermediateSize, hiddenSize),
      matrix(at("mlp.down_proj"), hiddenSize, intermediateSize),
      norm(at("input_layernorm.weight")),
      norm(at("post_attention_layernorm.weight")),
    );
  }
  specs.push(norm(lastNorm));
  if (!config.tiedEmbeddings) {
    specs.push(matrix("lm_head", vocabularySize, hiddenSize));
  }
  return specs;
}
