import { advantages } from "./advantages.ts";
import type { Algorithm } from "./algorithm.ts";
import { createRatioAlgorithm } from "./ratio-algorithm.ts";
import { type RatioOptions, type RatioSettings, usualRatioSettings } from "./ratio-options.ts";

/** Without `aggregationConstant`, which is the completion limit in tokens. */
export const drGrpoDefaults: RatioSettings = { ...usualRatioSettings, aggregation: "constant" };

/** GRPO done right (arXiv 2503.20783): `r - m`, and sums over a constant in the place of means. */
export function createDrGrpo(options: RatioOptions): Algorithm {
  return createRatioAlgorithm("dr-grpo", options, (statistics) => advantages(statistics, "none"));
}
