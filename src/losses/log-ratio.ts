/** Differences of log-probabilities are bounded by this, so that their exponentials stay finite in float32; oat has the same bound. */
export const largestLogRatio = 40;

/** A range of `logprob - oldLogprob`. */
export interface LogRatioRange {
  lowest: number;
  highest: number;
}

/** Within which a token of this weight teaches: `min(ratio * weight, clip(ratio) * weight)` bounds only one side. */
export function logRatioRange(weight: number, clip: { low: number; high: number }): LogRatioRange {
  return weight > 0
    ? { lowest: -largestLogRatio, highest: Math.log1p(clip.high) }
    : { lowest: Math.max(-largestLogRatio, Math.log1p(-clip.low)), highest: largestLogRatio };
}
