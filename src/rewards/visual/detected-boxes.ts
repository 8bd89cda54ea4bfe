import { shown } from "../../error-text.ts";
import { extractTagged } from "../final-answer.ts";
import { type Unscorable, unscorable } from "../score.ts";
import { type Box, intersectionOverUnion, isProper } from "./box.ts";
import type { BoxMatch } from "./detections.ts";
import { pythonFloat } from "./python-float.ts";
import { parsePythonJson } from "./python-json.ts";

/** A predicted box; none where what was predicted is no box, no confidence where none from 0 to 1 was given. */
export interface Detection {
  box: Box | undefined;
  confidence: number | undefined;
}

/** The boxes of a reference answer, which may say that there are none, or why it has none. */
export function goldBoxes(answer: string): { kind: "boxes"; boxes: Box[] } | Unscorable {
  const detections = detectedBoxes(answer);
  const boxes = detections?.flatMap(({ box }) => (box === undefined ? [] : [box]));
  return boxes === undefined || boxes.length < detections!.length
    ? unscorable(`the reference answer is not a list of boxes: ${shown(answer)}`)
    : { kind: "boxes", boxes };
}

const nothing = /^(?:no|none|no \w+(?: \w+)*|no \w+ .*found)\.?$/i;

/**
 * The entries, each position once, of the list in the last answer tags of a text or else anywhere in it, with text and
 * code fences around it; empty where it says that there is nothing, undefined where it is no list.
 */
export function detectedBoxes(text: string): Detection[] | undefined {
  const answer = (extractTagged(text) ?? text).trim();
  const open = answer.indexOf("[");
  if (open < 0) {
    return answer.length < 100 && nothing.test(answer) ? [] : undefined;
  }
  const list = answer
    .slice(open, answer.lastIndexOf("]") + 1)
    .replace(/^\[\s*\[/, "[")
    .replace(/\]\s*\]$/, "]")
    .replace(/,\s*\]$/, "]");
  const entries = parsePythonJson(list) ?? parsePythonJson(list.replaceAll("'", '"'));
  if (!Array.isArray(entries)) {
    return undefined;
  }
  const seen = new Set<string>();
  return entries.map(readEntry).filter(({ box }) => {
    const key = box?.join(" ");
    const repeated = key !== undefined && seen.has(key);
    seen.add(key ?? "");
    return !repeated;
  });
}

function readEntry(entry: unknown): Detection {
  const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
  const { Position: position, Confidence: given } = fields;
  const confidence = pythonFloat(given);
  return {
    box: isBox(position) ? position : undefined,
    confidence: confidence !== undefined && confidence >= 0 && confidence <= 1 ? confidence : undefined,
  };
}

function isBox(position: unknown): position is Box {
  return (
    Array.isArray(position) &&
    position.length === 4 &&
    position.every((value) => typeof value === "number") &&
    isProper(position as unknown as Box)
  );
}

/** What is no box, or has no confidence, is taken for the surest of errors in `detection_confidence`. */
const noConfidence = { matched: 0, other: 1 } as const;

/**
 * The most confident prediction first, each takes the reference box that is left with the highest IoU if that is above the
 * threshold.
 */
export function matchDetections(
  gold: readonly Box[],
  detections: readonly Detection[],
  iouThreshold: number,
): BoxMatch[] {
  const free = new Set(gold.keys());
  const sorted = [...detections].sort((a, b) => (b.confidence ?? -1) - (a.confidence ?? -1));
  return sorted.map(({ box, confidence }) => {
    let [best, matched] = [0, -1];
    for (const index of box === undefined ? [] : free) {
      const iou = intersectionOverUnion(gold[index]!, box!);
      if (iou > best) {
        [best, matched] = [iou, index];
      }
    }
    if (!(best > iouThreshold)) {
      return {
        iou: 0,
        confidence: box === undefined ? noConfidence.other : (confidence ?? noConfidence.other),
      };
    }
    free.delete(matched);
    return { iou: best, confidence: confidence ?? noConfidence.matched };
  });
}
