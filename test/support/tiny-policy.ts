import { createPolicy, type Policy } from "../../src/compute/local/policy.ts";
import type { LearnerOptions } from "../../src/compute/local/policy-learner.ts";
import { randomWeights } from "../../src/compute/local/random-weights.ts";
import type { Backend } from "../../src/engine/backend.ts";
import { createModel } from "../../src/models/registry.ts";
import { tinySizes } from "./tiny-sizes.ts";

/** A Qwen2 of random weights, large enough that its distributions are far from uniform. */
export function tinyPolicy(backend: Backend, changes: object = {}): Policy {
  const model = createModel(
    {
      model_type: "qwen2",
      ...tinySizes,
      max_position_embeddings: 128,
      initializer_range: 0.3,
      ...changes,
    },
    "the test's config",
  );
  return createPolicy(backend, model, randomWeights(model, 1));
}

/** One lane, and gradients as they are. */
export const plainLearner = {
  adamw: { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  maxGradientNorm: null,
  microBatchTokens: 4096,
  lanes: 1,
} as const satisfies LearnerOptions;
