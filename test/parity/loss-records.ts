import type { AggregationSettings } from "../../src/algorithms/aggregation.ts";
import { alphaFromShare } from "../../src/algorithms/alpha.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import type { ClipRange } from "../../src/pipeline.ts";

/** Non-finite numbers are written as words. */
export type Recorded = number | string;

export interface LossRecord {
  id: string;
  project: string;
  algorithm: string;
  scenario: string;
  parameters: {
    beta?: number;
    adjust_gd?: boolean;
    inverse_alpha?: number;
    num_iterations?: number;
    epsilon?: number;
    epsilon_low?: number;
    epsilon_high?: number;
    cliprange?: number;
    loss_type?: string;
    max_completion_length?: number;
    reinforce_update?: boolean;
    generate_max_length?: number;
    loss_masks?: number[];
  };
  inputs: {
    logps: number[][];
    ref_logps: number[][];
    old_logps: number[][];
    mask: number[][];
    advantages: number[];
  };
  expected: {
    loss: Recorded;
    gradient: Recorded[][];
    loss_float64: Recorded;
    gradient_float64: Recorded[][];
    kl_float64?: Recorded;
    clip_ratio_low_mean_float64?: Recorded;
    clip_ratio_high_mean_float64?: Recorded;
  };
}

/** How a record's project computes its loss, in our words. */
export interface LossRule {
  aggregation: AggregationSettings;
  alpha: number;
  /** Weight of the KL term. */
  beta: number;
  /** Null for the plain policy gradient. */
  clip: ClipRange | null;
  /** False where the policy has not moved since it sampled: every ratio is 1. */
  hasOldLogprobs: boolean;
  /** The square of a sequence's total variation in the place of the KL divergence. */
  pinsker: boolean;
  /** False where the original means its KL over sequences for its log. */
  logsTokenMeanKl: boolean;
}

/** Null for a project that is not known. */
export function lossRuleOf({ project, algorithm, parameters }: LossRecord): LossRule | null {
  const { beta = 0, adjust_gd, inverse_alpha } = parameters;
  const offset = project.startsWith("open-") ? 0 : gpgPresets.vision.inverseAlphaOffset;
  const rule: LossRule = {
    aggregation: { aggregation: "tokens" },
    alpha: adjust_gd ? alphaFromShare(inverse_alpha!, offset) : 1,
    beta,
    clip: null,
    hasOldLogprobs: false,
    pinsker: false,
    logsTokenMeanKl: project.startsWith("trl-v"),
  };
  const clip = {
    low: parameters.epsilon_low ?? parameters.epsilon ?? 0.2,
    high: parameters.epsilon_high ?? parameters.epsilon ?? 0.2,
  };
  switch (project) {
    case "open-r1":
      return rule;
    case "open-rs":
      // Its `gpg` only logs the divergence.
      return algorithm === "gpg_std" ? rule : { ...rule, beta: 0 };
    case "r1-v":
    case "visual-rft":
    case "visualthinker":
      return {
        ...rule,
        aggregation: { aggregation: "sequences" },
        ...(algorithm === "gpg" ? { beta: 0 } : { clip, pinsker: algorithm === "pinsker" }),
      };
    case "trl-v0.16.0":
    case "trl-69ad852":
      return { ...rule, clip, hasOldLogprobs: (parameters.num_iterations ?? 1) > 1 };
    case "trl-v0.17.0":
      return {
        ...rule,
        aggregation: aggregationOfTrl(parameters),
        clip,
        hasOldLogprobs: (parameters.num_iterations ?? 1) > 1,
      };
    case "understand-r1-zero": {
      const range = parameters.cliprange ?? 0.2;
      return {
        ...rule,
        aggregation:
          algorithm === "drgrpo"
            ? { aggregation: "constant", aggregationConstant: parameters.generate_max_length! }
            : { aggregation: "sequences" },
        clip: parameters.reinforce_update ? null : { low: range, high: range },
        hasOldLogprobs: !parameters.reinforce_update,
      };
    }
    default:
      return null;
  }
}

function aggregationOfTrl({
  loss_type,
  max_completion_length,
}: LossRecord["parameters"]): AggregationSettings {
  switch (loss_type) {
    case "bnpo":
      return { aggregation: "tokens" };
    case "dr_grpo":
      return { aggregation: "constant", aggregationConstant: max_completion_length! };
    default:
      return { aggregation: "sequences" };
  }
}
