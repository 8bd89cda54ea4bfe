import { z } from "zod";
import { compat } from "./compat.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/** `maxLength`: more tokens earn no more. */
export const tokenCountParameters = z.strictObject({
  compat,
  perToken: z.number().default(0.001),
  maxLength: z.int().min(1).default(1000),
});

/** `perToken` for each token of the completion. Upstream: `length_reward` of VisualThinker-R1-Zero, without a limit. */
export function createTokenCountReward({
  compat,
  perToken,
  maxLength,
}: z.output<typeof tokenCountParameters>): Reward {
  return {
    name: "token_count",
    highest: Math.max(0, perToken * maxLength),
    goldEarnsHighest: false,
    score: ({ completionTokens }) =>
      valueScore(
        perToken * (compat === "upstream" ? completionTokens : Math.min(completionTokens, maxLength)),
      ),
  };
}
