import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { equalAsUpstreamReads } from "../accuracy.ts";
import { compat } from "../compat.ts";
import { type GradeAnswer, gradeAnswer } from "../graded-answer.ts";
import type { Reward } from "../reward.ts";
import { valueScore } from "../score.ts";
import { taggedOrWhole } from "../tagged-answer.ts";
import { type Box, scaledGeneralisedIou, writtenBoxes } from "./box.ts";
import { answeredBox, goldBox } from "./one-box.ts";

export const giouParameters = z.strictObject({ compat });

/**
 * Generalised intersection over union of the completion's box and the reference answer's, plus 1; 0 for a completion
 * without one box. Upstream: `accuracy_reward` of Visual-RFT's `grpo_lisa.py`.
 */
export function createGiouReward(
  { compat }: z.output<typeof giouParameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  return {
    name: "giou",
    highest: 2,
    score: ({ problem, completion }): Score => {
      if (compat === "upstream") {
        return valueScore(upstreamGiou(problem.answer, completion, grade));
      }
      const gold = goldBox(problem.answer);
      if (gold.kind === "unscorable") {
        return gold;
      }
      const box = answeredBox(completion);
      return valueScore(box === undefined ? 0 : scaledGeneralisedIou(gold.box, box));
    },
  };
}

/** Equal numbers anywhere earn 1, even for the exact box; several boxes mix their corners. */
function upstreamGiou(gold: string, completion: string, grade: GradeAnswer): number {
  if (equalAsUpstreamReads(gold, completion, grade)) {
    return 1;
  }
  const reference = taggedOrWhole(gold);
  const answer = taggedOrWhole(completion, true);
  if (answer === reference) {
    return 2;
  }
  const [goldCorners, corners] = [mixedCorners(reference), mixedCorners(answer)];
  const reward = goldCorners && corners ? scaledGeneralisedIou(goldCorners, corners) : 0;
  return Number.isFinite(reward) ? reward : 0;
}

/** Upstream lists the first corners of all boxes, then the second ones, and takes the first two of that list. */
function mixedCorners(text: string): Box | undefined {
  const boxes = writtenBoxes(text);
  const [first, second] = [boxes.next().value as Box | undefined, boxes.next().value as Box | undefined];
  const mixed = first && (second ? [first[0], first[1], second[0], second[1]] : first);
  return mixed?.map((value) => value / 1000) as unknown as Box | undefined;
}
