import { z } from "zod";
import { compat } from "./compat.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/** In tokens. Upstream's names: `max_completion_len` and `soft_punish_cache`. */
export const softOverlongParameters = z.strictObject({
  compat,
  maxLength: z.int().min(0).default(16_384),
  softLength: z.int().min(0).default(4_096),
});

/**
 * 0 up to `maxLength - softLength` tokens, from there down to -1 in a straight line at `maxLength`, -1 beyond (DAPO, arXiv
 * 2503.14476, equation 13). Upstream: `get_soft_overlong_punishment` of huggingface/open-r1.
 */
export function createSoftOverlongReward({
  maxLength,
  softLength,
}: z.output<typeof softOverlongParameters>): Reward {
  const free = maxLength - softLength;
  return {
    name: "soft_overlong",
    highest: 0,
    goldEarnsHighest: false,
    score: ({ completionTokens: length }) =>
      valueScore(length > maxLength ? -1 : length <= free ? 0 : (free - length) / softLength),
  };
}
