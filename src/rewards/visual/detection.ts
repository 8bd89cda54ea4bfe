import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { equalAsUpstreamReads } from "../accuracy.ts";
import { compat } from "../compat.ts";
import { type GradeAnswer, gradeAnswer } from "../graded-answer.ts";
import type { Reward } from "../reward.ts";
import { valueScore } from "../score.ts";
import { taggedOrWhole } from "../tagged-answer.ts";
import { detectedBoxes, goldBoxes, matchDetections } from "./detected-boxes.ts";
import {
  type BoxMatch,
  detectionConfidence,
  detectionIou,
  matchUpstreamDetections,
  meanMatchedIou,
  readUpstreamDetections,
  UnreadableDetections,
} from "./detections.ts";

const iouThreshold = z.number().min(0).lt(1).default(0.5);

/** `iouThreshold`: a prediction is matched to a reference box only above it. */
export const detectionConfidenceParameters = z.strictObject({ compat, iouThreshold });

/** `missed`: whether reference boxes without a prediction lower the value; upstream's first version let them. */
export const detectionIouParameters = z.strictObject({
  compat,
  iouThreshold,
  missed: z.enum(["count", "ignore"]).default("count"),
});

type DetectionParameters = z.output<typeof detectionConfidenceParameters>;

/**
 * How well the predicted boxes lie: the IoUs of the matched ones, by the number of predictions or of reference boxes,
 * whichever is larger. Upstream: Visual-RFT's `accuracy_reward_iou`.
 */
export function createDetectionIouReward(
  parameters: z.output<typeof detectionIouParameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  const measure = parameters.missed === "count" ? detectionIou : meanMatchedIou;
  return detectionReward("detection_iou", parameters, measure, grade);
}

/**
 * How well the predictions know themselves: the mean of the confidence of matched and of one minus that of other boxes.
 * Upstream: Visual-RFT's `accuracy_reward_confidence`.
 */
export function createDetectionConfidenceReward(
  parameters: DetectionParameters,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  return detectionReward("detection_confidence", parameters, detectionConfidence, grade);
}

type Measure = (matches: readonly BoxMatch[], goldCount: number) => number;

function detectionReward(
  name: string,
  { compat, iouThreshold }: DetectionParameters,
  measure: Measure,
  grade: GradeAnswer,
): Reward {
  return {
    name,
    highest: 1,
    // Reference answers have no confidence.
    goldEarnsHighest: name !== "detection_confidence",
    score: ({ problem, completion }): Score =>
      compat === "upstream"
        ? valueScore(upstreamDetection(problem.answer, completion, iouThreshold, measure, grade))
        : defaultDetection(problem.answer, completion, iouThreshold, measure),
  };
}

function defaultDetection(gold: string, completion: string, threshold: number, measure: Measure): Score {
  const reference = goldBoxes(gold);
  if (reference.kind === "unscorable") {
    return reference;
  }
  const detected = detectedBoxes(completion);
  if (detected === undefined || (detected.length === 0) !== (reference.boxes.length === 0)) {
    return valueScore(0);
  }
  return valueScore(
    detected.length === 0
      ? 1
      : measure(matchDetections(reference.boxes, detected, threshold), reference.boxes.length),
  );
}

/** Equal numbers anywhere earn 1; whatever upstream cannot work with earns 0. */
function upstreamDetection(
  gold: string,
  completion: string,
  threshold: number,
  measure: Measure,
  grade: GradeAnswer,
): number {
  if (equalAsUpstreamReads(gold, completion, grade)) {
    return 1;
  }
  const answer = taggedOrWhole(completion).replaceAll("[[", "[").replaceAll("]]", "]").replaceAll("\n", "");
  const predicted = readUpstreamDetections(`<answer>${answer}</answer>`);
  const reference = readUpstreamDetections(gold);
  if (!Array.isArray(predicted) || predicted.length === 0) {
    return 0;
  }
  try {
    const matches = matchUpstreamDetections(reference, predicted, threshold);
    return Math.min(1, Math.max(0, measure(matches, (reference as unknown[]).length)));
  } catch (error) {
    if (error instanceof UnreadableDetections) {
      return 0;
    }
    throw error;
  }
}
