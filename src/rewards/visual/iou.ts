import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { compat } from "../compat.ts";
import type { Reward, RewardContext } from "../reward.ts";
import { unscorable, valueScore } from "../score.ts";
import { intersectionOverUnion, offsetIntersectionOverUnion, writtenBoxes } from "./box.ts";
import { answeredBox, goldBox } from "./one-box.ts";

export const iouParameters = z.strictObject({ compat });

/**
 * Intersection over union of the completion's box and the reference answer's; 0 for a completion without one box.
 * Upstream: the evaluation of Visual-RFT on LISA, which reads the first box anywhere in the response.
 */
export function createIouReward({ compat }: z.output<typeof iouParameters>): Reward {
  const measure = compat === "upstream" ? offsetIntersectionOverUnion : intersectionOverUnion;
  const find = compat === "upstream" ? firstWritten : answeredBox;
  return {
    name: "iou",
    highest: 1,
    goldEarnsHighest: compat === undefined,
    score: ({ problem, completion }: RewardContext): Score => {
      const gold = goldBox(problem.answer);
      if (gold.kind === "unscorable") {
        return unscorable(gold.reason);
      }
      const box = find(completion);
      return valueScore(box === undefined ? 0 : measure(box, gold.box));
    },
  };
}

function firstWritten(completion: string) {
  const first = writtenBoxes(completion).next();
  return first.done ? undefined : first.value;
}
