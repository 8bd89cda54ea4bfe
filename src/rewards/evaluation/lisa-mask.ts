import { z } from "zod";
import { DataError } from "../../errors.ts";
import type { Compat } from "../compat.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationReport, EvaluationScorer } from "./evaluation-scorer.ts";
import { createMask, decodeMask, type Mask, maskOverlap } from "./mask.ts";
import { polygonMask } from "./polygon-mask.ts";

const side = z.int().min(1);
const extent = z
  .tuple([side, side])
  .refine(([height, width]) => height * width <= 2 ** 28, "more than 2^28 pixels");

/**
 * `size`: height and width of the image. `polygons`: of the reference object, in pixels. `predicted`: the mask, null where
 * there is none.
 */
export const maskRow = z.object({
  size: extent,
  polygons: z.array(z.array(z.tuple([z.number(), z.number()])).min(2)),
  predicted: z
    .object({
      size: extent,
      counts: z.union([z.string(), z.array(z.int().min(0))]),
    })
    .nullable(),
});

type MaskRow = z.output<typeof maskRow>;

/**
 * Reasoning segmentation as LISA (arXiv 2308.00692) measures it. `giou`: mean over images of intersection over union;
 * `ciou`: the sum of all intersections by that of all unions. Images without polygons do not count. Upstream: Visual-RFT's
 * `mask_iou.py`.
 */
export function createLisaMaskScorer(compat: Compat): EvaluationScorer {
  return {
    name: "lisa_mask",
    score: (rows) => {
      const images = checkedRows("lisa_mask", maskRow, rows);
      return compat === "upstream" ? upstreamReport(images) : report(images.map(overlapOf));
    },
  };
}

type Overlap = ReturnType<typeof maskOverlap> | null;

/** Nothing predicted where there is nothing to see is right. */
const iouOf = ({ intersection, union }: NonNullable<Overlap>): number =>
  union === 0 ? 1 : intersection / union;

/** Upstream's: below 1 even for equal masks, and 0 for two empty ones. */
export const offsetMaskIou = ({ intersection, union }: NonNullable<Overlap>): number =>
  intersection / (union + 1e-6);

function report(overlaps: readonly Overlap[], iou = iouOf): EvaluationReport {
  const counted = overlaps.filter((overlap) => overlap !== null);
  const total = { intersection: 0, union: 0 };
  for (const { intersection, union } of counted) {
    total.intersection += intersection;
    total.union += union;
  }
  return {
    values: overlaps.map((overlap) => overlap && iou(overlap)),
    metrics: { giou: mean(counted.map(iou)), ciou: iou(total) },
  };
}

function overlapOf({ size: [height, width], polygons, predicted }: MaskRow): Overlap {
  if (polygons.length === 0) {
    return null;
  }
  const gold = createMask(height, width);
  for (const polygon of polygons) {
    polygonMask(polygon, height, width).pixels.forEach((pixel, at) => {
      gold.pixels[at]! |= pixel;
    });
  }
  const sameSize = predicted?.size[0] === height && predicted.size[1] === width;
  return maskOverlap(gold, predicted && sameSize ? decodeMask(predicted) : createMask(height, width));
}

/**
 * Only the first polygon is looked at, a prediction of another size is left out, and a missing one is an empty mask of the
 * size of the prediction before, which fails where that is another or there was none.
 */
function upstreamReport(images: readonly MaskRow[]): EvaluationReport {
  let before: readonly [number, number] | undefined;
  const overlaps = images.map(({ size, polygons, predicted }): Overlap => {
    const [polygon] = polygons;
    if (polygon === undefined) {
      return null;
    }
    before = predicted?.size ?? before;
    if (before === undefined) {
      throw new DataError("lisa_mask: upstream fails where the first image has no prediction");
    }
    const sameSize = before[0] === size[0] && before[1] === size[1];
    if (!sameSize && predicted === null) {
      throw new DataError(
        "lisa_mask: upstream fails where an image without prediction follows one of another size",
      );
    }
    const mask: Mask = predicted && sameSize ? decodeMask(predicted) : createMask(...size);
    return sameSize ? maskOverlap(polygonMask(polygon, ...size), mask) : null;
  });
  return report(overlaps, offsetMaskIou);
}
