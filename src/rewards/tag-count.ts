import { z } from "zod";
import { compat } from "./compat.ts";
import { countOf } from "./format.ts";
import type { Reward } from "./reward.ts";
import { valueScore } from "./score.ts";

/** `project`: `open-r1` counts four tags at 1/4 each, `open-rs` the two of the thought at 1/2 each. */
export const tagCountParameters = z.strictObject({
  compat,
  project: z.enum(["open-r1", "open-rs"]).default("open-r1"),
});

const tags = {
  "open-r1": ["<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>"],
  "open-rs": ["<think>\n", "\n</think>\n"],
} as const;

/** The share of the tags that stand in the completion exactly once, with the line ends around them. */
export function createTagCountReward({ compat, project }: z.output<typeof tagCountParameters>): Reward {
  const counted = tags[project];
  // Tags that share a line end, or stand in the middle of a line, are tags too.
  const once = (text: string, tag: string): boolean =>
    countOf(text, tag) === 1 && (compat === "upstream" || countOf(text, tag.trim()) === 1);
  return {
    name: "tag_count",
    highest: 1,
    goldEarnsHighest: false,
    score: ({ completion }) =>
      valueScore(counted.filter((tag) => once(completion, tag)).length / counted.length),
  };
}
