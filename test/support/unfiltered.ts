import type { SamplingParameters } from "../../src/compute/sampler.ts";

/** Sampling from the whole distribution, as the model gives it, up to end tokens. */
export const unfiltered = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  stop: [],
} as const satisfies Omit<SamplingParameters, "maxTokens">;
