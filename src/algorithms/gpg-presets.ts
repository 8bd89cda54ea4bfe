import type { GpgSettings } from "./gpg-options.ts";

/** Table 1 of arXiv 2504.02546, last row: F = 1, alpha = B / (B - M), beta_th = 0.6. */
const paper: GpgSettings = {
  normalisation: "none",
  alpha: "groups",
  inverseAlphaOffset: 0,
  equalUpTo: 0,
  informativeShare: 0.6,
  maxResampleRounds: 19,
  surplus: "keep-oldest",
  aggregation: "tokens",
  maskTruncated: false,
  unscored: "mask",
  beta: 0,
};

export type GpgPreset = keyof typeof gpgPresets;

/**
 * What was published, differences included. Upstream normalises each micro-batch by itself; here the denominator
 * always spans the optimizer step.
 */
export const gpgPresets = {
  paper,
  /**
   * `open-r1` with the switches of its `train.sh` (no scaling, `adjust_gd`, `min_inverse_alpha` 0.5). A row that no
   * function scored earns 0. Upstream fails if its 20th batch is reached; here that batch is trained on.
   */
  "open-r1": { ...paper, informativeShare: 0.5, unscored: "zero" },
  /** `open-rs`, `gpg_std_trainer.py` with `scale_rewards`: neither alpha nor resampling. A row that no function scored earns 0. */
  "open-rs": {
    ...paper,
    normalisation: "group-std",
    alpha: "off",
    informativeShare: 0,
    maxResampleRounds: 0,
    unscored: "zero",
  },
  /** The trainer that `VisualThinker-R1-Zero`, `Visual-RFT` and `R1-V` share, with `adjust_gd` and `min_inverse_alpha` 0.4. */
  vision: {
    ...paper,
    inverseAlphaOffset: 1e-5,
    equalUpTo: 1e-5,
    informativeShare: 0.4,
    aggregation: "sequences",
  },
  /** verl's `gpg` advantage estimator. A prompt with a single completion has no baseline there; here it has no weight. */
  verl: { ...paper, alpha: "nonzero-rewards", informativeShare: 0, maxResampleRounds: 0 },
} as const satisfies Record<string, GpgSettings>;
