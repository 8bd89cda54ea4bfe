import { z } from "zod";
import type { Compat } from "../compat.ts";
import { taggedOrWhole } from "../tagged-answer.ts";
import type { Box } from "../visual/box.ts";
import { detectedBoxes } from "../visual/detected-boxes.ts";
import { upstreamPredictions } from "../visual/detections.ts";
import { averagePrecision, type GoldObject, type ImageDetections } from "./average-precision.ts";
import { checkedRows } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const number = z.number();

/**
 * One row an image and category. `size`: width and height. `objects`: reference boxes in pixels as left, top, width,
 * height; `area` of the object itself and `crowd` as COCO has them. The response's boxes are in thousandths.
 */
const detectionRow = z.object({
  image: z.union([z.string(), number]),
  category: z.union([z.string(), number]),
  size: z.tuple([number.positive(), number.positive()]),
  objects: z.array(
    z.object({
      box: z.tuple([number, number, number.min(0), number.min(0)]),
      area: number.min(0).optional(),
      crowd: z.boolean().default(false),
    }),
  ),
  response: z.string(),
});

/**
 * COCO's mean average precision over the boxes of the responses: `mAP`, `AP_50`, `AP_75`, `AP_small`, `AP_m`, `AP_l`, each
 * -1 where there is nothing to find. Upstream: Visual-RFT's `Qwen2_VL_coco_infere.py` and `coco_evaluation.py`.
 */
export function createDetectionScorer(compat: Compat): EvaluationScorer {
  const read = compat === "upstream" ? upstreamBoxes : answeredBoxes;
  return {
    name: "coco_detection",
    score: (rows) => {
      const images = checkedRows("coco_detection", detectionRow, rows).map(
        ({ category, size: [width, height], objects, response }): ImageDetections => ({
          category: String(category),
          gold: objects.map(
            ({ box, area, crowd }): GoldObject => ({ box, area: area ?? box[2] * box[3], crowd }),
          ),
          predicted: read(response).map(({ box: [left, top, right, bottom], score }) => ({
            box: [
              (left / 1000) * width,
              (top / 1000) * height,
              (right / 1000) * width - (left / 1000) * width,
              (bottom / 1000) * height - (top / 1000) * height,
            ],
            score,
          })),
        }),
      );
      return { values: images.map(() => null), metrics: averagePrecision(images) };
    },
  };
}

interface Answered {
  box: Box;
  score: number;
}

function answeredBoxes(response: string): Answered[] {
  return (detectedBoxes(response) ?? []).flatMap(({ box, confidence }) =>
    box === undefined || confidence === undefined ? [] : [{ box, score: confidence }],
  );
}

function upstreamBoxes(response: string): Answered[] {
  const cleaned = [
    ["[[", "["],
    ["]]", "]"],
    ["\n", ""],
    [", ...", ""],
  ].reduce((text, [from, to]) => text.replaceAll(from!, to!), response);
  return upstreamPredictions(`<answer>${taggedOrWhole(cleaned)}</answer>`).map(({ box, confidence }) => ({
    box,
    score: confidence,
  }));
}
