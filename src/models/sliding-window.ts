import type { ConfigFields } from "./config-fields.ts";

/**
 * Refuses a config of the Qwen families in which a layer's attention slides: as transformers has it, the layers from
 * `max_window_layers` on where `use_sliding_window` is set and there is a window, unless `layer_types` says otherwise.
 */
export function refuseSlidingWindow(config: ConfigFields, layers: number): void {
  const firstSliding = config.value("max_window_layers") ?? 28;
  const window = config.names.includes("sliding_window") ? config.value("sliding_window") : 4096;
  if (
    config.flag("use_sliding_window") &&
    window !== undefined &&
    config.value("layer_types") === undefined &&
    !(typeof firstSliding === "number" && firstSliding >= layers)
  ) {
    config.fail(
      "use_sliding_window",
      `false: attention that slides (a sliding_window of ${JSON.stringify(window)} from layer ${JSON.stringify(firstSliding)} of ${layers} on) is not supported; use a checkpoint without`,
    );
  }
}
