import { z } from "zod";
import { compat } from "./compat.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

export const reasoningStepsParameters = z.strictObject({ compat });

/** List items count at the start of every line, if something follows the number, dash or star. */
const steps = /Step \p{Nd}+:|(?<![^\n])(?:\p{Nd}+\.|[-*])(?=[ \t])|First,|Second,|Next,|Finally,/gu;

/** Numbers count at the start of the text only; any dash or star that begins a line but the first does. */
const upstreamSteps = /Step \p{Nd}+:|^\p{Nd}+\.|\n-|\n\*|First,|Second,|Next,|Finally,/gu;

/** The number of signs of step-by-step work, at most three, as a share of three. Upstream: `reasoning_steps_reward`. */
export function createReasoningStepsReward({ compat }: z.output<typeof reasoningStepsParameters>): Reward {
  const pattern = compat === "upstream" ? upstreamSteps : steps;
  return {
    name: "reasoning_steps",
    highest: 1,
    goldEarnsHighest: false,
    score: ({ completion }) => {
      let count = 0;
      for (const _ of completion.matchAll(pattern)) {
        count++;
      }
      return valueScore(Math.min(1, count / 3));
    },
  };
}
