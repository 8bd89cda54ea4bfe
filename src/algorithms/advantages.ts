import type { Normalisation } from "./gpg-options.ts";
import { type GroupStatistics, present, unbiasedStandardDeviation } from "./group-statistics.ts";

/** Added to a standard deviation before dividing by it, as in the upstream trainers. */
export const usualStabilizer = 1e-4;

/** `(r - m) / F` for each completion [group][completion], without alpha; 0 for completions that are masked. */
export function advantages(
  groups: readonly GroupStatistics[],
  normalisation: Normalisation,
  stabilizer = usualStabilizer,
): number[][] {
  const batchDeviation = normalisation === "batch-std" ? standardDeviationOf(groups) : 0;
  return groups.map(({ centred_G, standardDeviation }) => {
    const factor = {
      none: 1,
      "group-std": standardDeviation + stabilizer,
      "batch-std": batchDeviation + stabilizer,
    }[normalisation];
    return centred_G.map((centred) => centred / factor);
  });
}

/** Of all rewards of the batch; 0 below two. */
function standardDeviationOf(groups: readonly GroupStatistics[]): number {
  const rewards = groups.flatMap(({ rewards_G }) => present(rewards_G));
  return rewards.length < 2 ? 0 : unbiasedStandardDeviation(rewards);
}
