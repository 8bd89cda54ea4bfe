import { type Box, intersectionOverUnion } from "./box.ts";
import { pythonFloat } from "./python-float.ts";
import { parsePythonJson } from "./python-json.ts";

/** The IoU of a predicted box with the reference box it was matched to, or 0, and the confidence of the prediction. */
export interface BoxMatch {
  iou: number;
  confidence: number;
}

/** What the upstream functions were given is not what they can work on. */
export class UnreadableDetections extends Error {
  override readonly name = "UnreadableDetections";
}

/**
 * What upstream reads between the first `<answer>` and the first `</answer>`: JSON, for which single quotes are made
 * double ones and a list that was cut off is closed behind its last whole entry; undefined if that is none. Upstream:
 * Visual-RFT's `extract_bbox`.
 */
export function readUpstreamDetections(text: string): unknown {
  const opening = "<answer>";
  const start = text.indexOf(opening);
  if (start < 0) {
    return undefined;
  }
  const closing = text.indexOf("</answer>");
  const content = text.slice(start + opening.length, closing < 0 ? undefined : closing);
  return parsePythonJson(closed(content).replaceAll("'", '"'));
}

function closed(content: string): string {
  if (content.endsWith("]")) {
    return content;
  }
  const cut = content.lastIndexOf("},");
  return `${cut < 0 ? content : content.slice(0, cut)}}]`;
}

type Fields = Record<string, unknown>;

/**
 * The boxes that upstream's evaluation takes from a response: each position once, up to the first entry that is no box
 * with a confidence.
 */
export function upstreamPredictions(response: string): { box: Box; confidence: number }[] {
  const found: { box: Box; confidence: number }[] = [];
  try {
    for (const { Position, Confidence } of withoutRepeatedPositions(
      listOf(readUpstreamDetections(response)),
    )) {
      if (typeof Confidence !== "number") {
        break;
      }
      found.push({ box: boxOf(Position), confidence: Confidence });
    }
  } catch (error) {
    if (!(error instanceof UnreadableDetections)) {
      throw error;
    }
  }
  return found;
}

/**
 * Upstream's matching: predictions of the same position count once, the most confident first, each takes the reference
 * box that is left with the highest IoU if that is above the threshold. Throws UnreadableDetections where upstream
 * raises. Upstream: Visual-RFT's `remove_duplicates` and `sort_and_calculate_iou`.
 */
export function matchUpstreamDetections(gold: unknown, predicted: unknown, iouThreshold: number): BoxMatch[] {
  const predictions = withoutRepeatedPositions(listOf(predicted)).map((prediction) => ({
    position: prediction.Position,
    confidence: upstreamConfidence(prediction),
  }));
  predictions.sort((a, b) => compare(b.confidence, a.confidence));
  if (predictions.length > 0 && !Array.isArray(gold)) {
    throw new UnreadableDetections("the reference answer is not a list");
  }
  const free = new Set((gold as unknown[]).keys());
  return predictions.map(({ position, confidence }) => {
    let [best, matched] = [0, -1];
    for (const index of free) {
      const iou = intersectionOverUnion(
        boxOf(fieldsOf((gold as unknown[])[index]).Position),
        boxOf(position),
      );
      if (iou > best) {
        [best, matched] = [iou, index];
      }
    }
    if (!(best > iouThreshold)) {
      return { iou: 0, confidence };
    }
    free.delete(matched);
    return { iou: best, confidence };
  });
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new UnreadableDetections("the answer is not a list");
  }
  return value;
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UnreadableDetections("an entry is not an object");
  }
  return value as Fields;
}

function withoutRepeatedPositions(predictions: readonly unknown[]): Fields[] {
  const seen = new Set<string>();
  return predictions.map(fieldsOf).filter(({ Position: position }) => {
    const key = positionKey(position);
    const repeated = seen.has(key);
    seen.add(key);
    return !repeated;
  });
}

/** Equal where Python's tuples of the values are: 1, 1.0 and true are equal. */
function positionKey(position: unknown): string {
  const values =
    typeof position === "string"
      ? [...position]
      : Array.isArray(position)
        ? position
        : Object.keys(fieldsOf(position));
  if (values.some((value) => typeof value === "object" && value !== null)) {
    throw new UnreadableDetections("a position holds more than numbers");
  }
  return JSON.stringify(
    values.map((value) => {
      const number = typeof value === "boolean" ? Number(value) : value;
      return typeof number === "number" && !Number.isFinite(number) ? { number: String(number) } : number;
    }),
  );
}

/** A confidence that is no number counts as 0; one that is missing cannot be worked with. */
function upstreamConfidence(prediction: Fields): number {
  if (!Object.hasOwn(prediction, "Confidence")) {
    throw new UnreadableDetections("a confidence is missing");
  }
  const value = pythonFloat(prediction.Confidence);
  return value === undefined || Number.isNaN(value) ? 0 : value;
}

/** Throws UnreadableDetections for anything but four numbers. */
export function boxOf(position: unknown): Box {
  if (!Array.isArray(position) || position.length !== 4 || !position.every(isNumeric)) {
    throw new UnreadableDetections("a position is not four numbers");
  }
  return position.map(Number) as unknown as Box;
}

const isNumeric = (value: unknown): boolean => typeof value === "number" || typeof value === "boolean";

/** The sum of the IoUs by the number of predictions, or of reference boxes where that is larger. Upstream: V2. */
export function detectionIou(matches: readonly BoxMatch[], goldCount: number): number {
  return sum(matches.map(({ iou }) => iou)) / Math.max(goldCount, matches.length);
}

/** The mean IoU of the predictions, however many reference boxes were missed. Upstream: V1, which it no longer uses. */
export function meanMatchedIou(matches: readonly BoxMatch[]): number {
  return sum(matches.map(({ iou }) => iou)) / matches.length;
}

/** The mean of the confidence in each matched prediction and of one minus that in each other. */
export function detectionConfidence(matches: readonly BoxMatch[]): number {
  return (
    sum(matches.map(({ iou, confidence }) => (iou === 0 ? 1 - confidence : confidence))) / matches.length
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
