import type { Metrics } from "../../pipeline.ts";

/** Left, top, width, height in pixels. */
type SizedBox = readonly [left: number, top: number, width: number, height: number];

export interface GoldObject {
  box: SizedBox;
  area: number;
  /** One box around many: predictions in it count neither as right nor as wrong. */
  crowd: boolean;
}

export interface ScoredBox {
  box: SizedBox;
  score: number;
}

/** What is in one image, and what was found in it, of one category. */
export interface ImageDetections {
  category: string;
  gold: readonly GoldObject[];
  predicted: readonly ScoredBox[];
}

const areas = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;

type AreaRange = readonly [least: number, most: number];

/** As numpy's `linspace`, whose last value is exact. */
const spaced = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) =>
    index === count - 1 ? to : index * ((to - from) / (count - 1)) + from,
  );

const thresholds = spaced(0.5, 0.95, 10);
const recalls = spaced(0, 1, 101);

/** Predictions of one category in one image that count, the surest first. */
const mostPredictions = 100;

/**
 * COCO's average precision as pycocotools computes it: the mean over categories, IoU thresholds 0.5 to 0.95 and 101 recalls
 * of the highest precision at that recall or above; -1 where no object is of the size.
 */
export function averagePrecision(images: readonly ImageDetections[]): Metrics {
  const categories = [...new Set(images.map(({ category }) => category))];
  const curves = (range: AreaRange): Float64Array[][] =>
    categories.flatMap((category) => {
      const found = precisions(
        images.filter((image) => image.category === category),
        range,
      );
      return found === undefined ? [] : [found];
    });
  const all = curves(areas.all);
  const at = (index: number): number => meanOf(all.map((byThreshold) => byThreshold[index]!));
  return {
    mAP: meanOf(all.flat()),
    AP_50: at(0),
    AP_75: at(5),
    AP_small: meanOf(curves(areas.small).flat()),
    AP_m: meanOf(curves(areas.medium).flat()),
    AP_l: meanOf(curves(areas.large).flat()),
  };
}

function meanOf(curves: readonly Float64Array[]): number {
  const total = curves.reduce((sum, curve) => curve.reduce((inner, value) => inner + value, sum), 0);
  return curves.length === 0 ? -1 : total / (curves.length * recalls.length);
}

interface Judged {
  score: number;
  /** For each threshold. */
  verdicts: readonly ("right" | "wrong" | "ignored")[];
}

/** For each threshold the precision at each recall; undefined where there is no object to find. */
function precisions(images: readonly ImageDetections[], range: AreaRange): Float64Array[] | undefined {
  const toFind = images.flatMap(({ gold }) => gold).filter((object) => !isIgnored(object, range)).length;
  if (toFind === 0) {
    return undefined;
  }
  const judged = images.flatMap((image) => judge(image, range)).sort((a, b) => b.score - a.score);
  return thresholds.map((_, index) => {
    const counted = judged.map(({ verdicts }) => verdicts[index]!).filter((verdict) => verdict !== "ignored");
    return precisionCurve(
      counted.map((verdict) => verdict === "right"),
      toFind,
    );
  });
}

const isIgnored = ({ area, crowd }: GoldObject, [least, most]: AreaRange): boolean =>
  crowd || area < least || area > most;

function precisionCurve(right: readonly boolean[], toFind: number): Float64Array {
  let count = 0;
  const found = right.map((each) => {
    count += each ? 1 : 0;
    return count;
  });
  const precision = found.map((each, index) => each / (index + 1 + Number.EPSILON));
  for (let index = precision.length - 2; index >= 0; index--) {
    precision[index] = Math.max(precision[index]!, precision[index + 1]!);
  }
  const curve = new Float64Array(recalls.length);
  let position = 0;
  recalls.forEach((wanted, index) => {
    while (position < found.length && found[position]! / toFind < wanted) {
      position++;
    }
    curve[index] = precision[position] ?? 0;
  });
  return curve;
}

/** The surest prediction first takes the object with the highest IoU that is left; objects to ignore come last. */
function judge({ gold, predicted }: ImageDetections, range: AreaRange): Judged[] {
  const objects = [...gold].sort((a, b) => Number(isIgnored(a, range)) - Number(isIgnored(b, range)));
  const sure = [...predicted].sort((a, b) => b.score - a.score).slice(0, mostPredictions);
  const overlaps = sure.map(({ box }) => objects.map((object) => overlap(box, object)));
  const byThreshold = thresholds.map((threshold) => {
    const taken = new Set<number>();
    return sure.map(({ box }, index) => {
      const match = bestMatch(overlaps[index]!, objects, taken, threshold, range);
      if (match === undefined) {
        const area = box[2] * box[3];
        return area < range[0] || area > range[1] ? "ignored" : "wrong";
      }
      taken.add(match);
      return isIgnored(objects[match]!, range) ? "ignored" : "right";
    });
  });
  return sure.map(({ score }, index) => ({
    score,
    verdicts: byThreshold.map((verdicts) => verdicts[index]!),
  }));
}

function bestMatch(
  overlaps: readonly number[],
  objects: readonly GoldObject[],
  taken: ReadonlySet<number>,
  threshold: number,
  range: AreaRange,
): number | undefined {
  let best = Math.min(threshold, 1 - 1e-10);
  let match: number | undefined;
  for (const [index, object] of objects.entries()) {
    if (taken.has(index) && !object.crowd) {
      continue;
    }
    if (match !== undefined && !isIgnored(objects[match]!, range) && isIgnored(object, range)) {
      break;
    }
    if (overlaps[index]! >= best) {
      [best, match] = [overlaps[index]!, index];
    }
  }
  return match;
}

/** Intersection over union; with a crowd, over the prediction's own area. */
function overlap([left, top, width, height]: SizedBox, { box, crowd }: GoldObject): number {
  const across = Math.min(left + width, box[0] + box[2]) - Math.max(left, box[0]);
  const down = Math.min(top + height, box[1] + box[3]) - Math.max(top, box[1]);
  if (across <= 0 || down <= 0) {
    return 0;
  }
  const intersection = across * down;
  return intersection / (crowd ? width * height : width * height + box[2] * box[3] - intersection);
}
