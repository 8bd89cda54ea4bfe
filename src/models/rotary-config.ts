import type { RotaryEmbedding } from "../nn/rotary-frequencies.ts";
import type { ConfigFields } from "./config-fields.ts";

const settings = ["rope_type", "type", "rope_theta", "partial_rotary_factor"];
const llama3Settings = ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"];

/**
 * The rotary embedding that a config describes in `rope_parameters`, or in the older style in `rope_scaling` and
 * `rope_theta`; where several say something, what transformers takes counts.
 */
export function parseRotaryEmbedding(config: ConfigFields, maxPositions: number): RotaryEmbedding {
  const older = config.object("rope_scaling");
  const rope = older.names.length > 0 ? older : config.object("rope_parameters");
  const typeField = rope.value("rope_type") === undefined ? "type" : "rope_type";
  const type = rope.value(typeField) ?? "default";
  if (type !== "default" && type !== "llama3") {
    rope.fail(
      typeField,
      '"default" or "llama3": other rotary embeddings are not supported; use a checkpoint without',
    );
  }
  const known = type === "llama3" ? [...settings, ...llama3Settings] : settings;
  const unknown = rope.names.find((name) => rope.value(name) !== undefined && !known.includes(name));
  if (unknown !== undefined) {
    rope.fail(unknown, `no such setting of a rotary embedding of type ${JSON.stringify(type)}; remove it`);
  }
  for (const fields of [rope, config]) {
    if ((fields.value("partial_rotary_factor") ?? 1) !== 1) {
      fields.fail("partial_rotary_factor", "1: rotating a part of each head is not supported");
    }
  }
  const theta = rope.value("rope_theta") === undefined ? config : rope;
  return {
    theta: theta.positive("rope_theta", 10_000),
    scaling: type === "llama3" ? parseLlama3Scaling(rope, config, maxPositions) : null,
  };
}

function parseLlama3Scaling(
  rope: ConfigFields,
  config: ConfigFields,
  maxPositions: number,
): RotaryEmbedding["scaling"] {
  const original = "original_max_position_embeddings";
  const lowFrequencyFactor = rope.positive("low_freq_factor");
  const highFrequencyFactor = rope.positive("high_freq_factor");
  if (highFrequencyFactor <= lowFrequencyFactor) {
    rope.fail("high_freq_factor", `more than low_freq_factor (${lowFrequencyFactor})`);
  }
  return {
    factor: rope.positive("factor"),
    lowFrequencyFactor,
    highFrequencyFactor,
    originalPositions: (config.value(original) === undefined ? rope : config).count(original, maxPositions),
  };
}
