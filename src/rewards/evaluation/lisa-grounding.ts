import { z } from "zod";
import type { Compat } from "../compat.ts";
import { type Box, intersectionOverUnion, offsetIntersectionOverUnion, writtenBoxes } from "../visual/box.ts";
import { answeredBox } from "../visual/one-box.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const number = z.number();

/** `size`: width and height of the image. `box`: the reference box in pixels. The response's box is in thousandths. */
const groundingRow = z.object({
  size: z.tuple([number.positive(), number.positive()]),
  box: z.tuple([number, number, number, number]),
  response: z.string(),
});

/**
 * `miou`: mean intersection over union of the answered box and the reference box, 0 without one answered box. Upstream:
 * Visual-RFT's `Qwen2_VL_lisa_infere.py`, which takes the first box anywhere in the response.
 */
export function createLisaGroundingScorer(compat: Compat): EvaluationScorer {
  const find = compat === "upstream" ? firstBox : answeredBox;
  const measure = compat === "upstream" ? offsetIntersectionOverUnion : intersectionOverUnion;
  return {
    name: "lisa_grounding",
    score: (rows) => {
      const values = checkedRows("lisa_grounding", groundingRow, rows).map(
        ({ size: [w, h], box, response }) => {
          const found = find(response);
          const gold: Box = [box[0] / w, box[1] / h, box[2] / w, box[3] / h];
          const iou = found && measure(found.map((value) => value / 1000) as unknown as Box, gold);
          return iou !== undefined && Number.isFinite(iou) ? iou : 0;
        },
      );
      return { values, metrics: { miou: mean(values) } };
    },
  };
}

function firstBox(response: string): Box | undefined {
  const [first] = writtenBoxes(response);
  return first;
}
