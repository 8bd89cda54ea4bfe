import type { RotaryEmbedding } from "../nn/rotary-frequencies.ts";
import { type ConfigFields, configFields, type Json } from "./config-fields.ts";
import type { ModelDimensions } from "./model.ts";
import { parseRotaryEmbedding } from "./rotary-config.ts";

/** The settings that the families of decoders share. */
export interface DecoderConfig extends ModelDimensions {
  normEpsilon: number;
  rotaryEmbedding: RotaryEmbedding;
  tiedEmbeddings: boolean;
  initializerRange: number;
}

/** What a family's configs mean where they are silent, and the class they name. */
export interface ConfigDefaults {
  /** The entry of `architectures`. */
  architecture: string;
  /** null for as many as there are heads. */
  keyValueHeads: number | null;
  /** null for the hidden size divided by the heads. */
  headSize: number | null;
  maxPositions: number;
}

const mostLayers = 4096;

/**
 * Reads and checks a config.json of either style; `file` is named in errors. What is not supported is a ModelError that
 * names the field, never approximated.
 */
export function parseDecoderConfig(
  json: Json,
  file: string,
  defaults: ConfigDefaults,
): { config: DecoderConfig; fields: ConfigFields } {
  const fields = configFields(json, file);
  refuseOtherArchitectures(fields, defaults.architecture);
  if ((fields.value("hidden_act") ?? "silu") !== "silu") {
    fields.fail("hidden_act", '"silu": other activations are not supported');
  }
  if (fields.value("quantization_config") !== undefined) {
    fields.fail("quantization_config", "nothing: quantised weights are not supported; use the original ones");
  }
  const layers = fields.count("num_hidden_layers");
  if (layers > mostLayers) {
    fields.fail("num_hidden_layers", `at most ${mostLayers}`);
  }
  refuseOtherLayers(fields, layers);
  const maxPositions = fields.count("max_position_embeddings", defaults.maxPositions);
  const config: DecoderConfig = {
    vocabularySize: fields.count("vocab_size"),
    hiddenSize: fields.count("hidden_size"),
    intermediateSize: fields.count("intermediate_size"),
    layers,
    ...parseHeads(fields, defaults),
    maxPositions,
    normEpsilon: fields.positive("rms_norm_eps", 1e-6),
    rotaryEmbedding: parseRotaryEmbedding(fields, maxPositions),
    tiedEmbeddings: fields.flag("tie_word_embeddings"),
    initializerRange: fields.positive("initializer_range", 0.02),
  };
  return { config, fields };
}

/** Classes with another head, and bare models, have other weights under the same `model_type`. */
function refuseOtherArchitectures(fields: ConfigFields, architecture: string): void {
  const named = fields.value("architectures");
  const isSupported = Array.isArray(named) && (named.length === 0 || named.includes(architecture));
  if (named !== undefined && !isSupported) {
    fields.fail(
      "architectures",
      `["${architecture}"]: only language models with a vocabulary head can train`,
    );
  }
}

function refuseOtherLayers(fields: ConfigFields, layers: number): void {
  const types = fields.value("layer_types");
  if (types === undefined) {
    return;
  }
  const list: unknown[] =
    Array.isArray(types) && types.length === layers
      ? types
      : fields.fail("layer_types", `a list of num_hidden_layers (${layers}) types`);
  const other = list.findIndex((type) => type !== "full_attention");
  if (other >= 0) {
    fields.fail(
      `layer_types[${other}]`,
      '"full_attention": sliding windows and other attention are not supported; use a checkpoint without',
      list[other],
    );
  }
}

function parseHeads(fields: ConfigFields, defaults: ConfigDefaults) {
  const hiddenSize = fields.count("hidden_size");
  const heads = fields.count("num_attention_heads");
  // An explicit null means one for each head in every family; only silence means the family's default.
  const silent = fields.names.includes("num_key_value_heads") ? null : defaults.keyValueHeads;
  const keyValueHeads = fields.count("num_key_value_heads", silent ?? heads);
  if (heads % keyValueHeads !== 0) {
    fields.fail("num_key_value_heads", `a divisor of num_attention_heads (${heads})`, keyValueHeads);
  }
  if (fields.value("head_dim") === undefined && defaults.headSize === null && hiddenSize % heads !== 0) {
    fields.fail("hidden_size", `a multiple of num_attention_heads (${heads}) where there is no head_dim`);
  }
  const headSize = fields.count("head_dim", defaults.headSize ?? hiddenSize / heads);
  if (headSize % 2 !== 0) {
    fields.fail("head_dim", "an even number: rotary embeddings turn pairs", headSize);
  }
  return { heads, keyValueHeads, headSize };
}
