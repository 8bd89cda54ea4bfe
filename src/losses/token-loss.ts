import { largestLogRatio, logRatioRange } from "./log-ratio.ts";

/** What the loss of one token is made of, as numbers. */
export interface TokenTerms {
  weight: number;
  clip?: { low: number; high: number } | undefined;
  /** With `clip`; 1 is the ratio without it. */
  oldLogprob?: number | undefined;
  klWeight?: number | undefined;
  referenceLogprob?: number | undefined;
}

export interface TokenLoss {
  loss: number;
  /** The estimate of the KL divergence, without its weight; 0 where there is none. */
  kl: number;
  /** Which bound took the place of the ratio. */
  clipped: "low" | "high" | null;
}

/** One token's share of `policyLoss`, and what happened to it. */
export function tokenLoss(logprob: number, terms: TokenTerms): TokenLoss {
  const { weight, clip, oldLogprob = logprob, klWeight = 0, referenceLogprob = logprob } = terms;
  const difference = bounded(referenceLogprob - logprob, -largestLogRatio, largestLogRatio);
  const kl = Math.expm1(difference) - difference;
  const penalty = klWeight * kl;
  if (clip === undefined) {
    return { loss: penalty - weight * logprob, kl, clipped: null };
  }
  const logRatio = logprob - oldLogprob;
  const { lowest, highest } = logRatioRange(weight, clip);
  const ratio = Math.exp(bounded(logRatio, lowest, highest));
  return { loss: penalty - weight * ratio, kl, clipped: clippedSide(weight, logRatio, lowest, highest) };
}

function clippedSide(
  weight: number,
  logRatio: number,
  lowest: number,
  highest: number,
): TokenLoss["clipped"] {
  if (weight > 0 && logRatio > highest) {
    return "high";
  }
  return weight < 0 && logRatio < lowest ? "low" : null;
}

function bounded(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
