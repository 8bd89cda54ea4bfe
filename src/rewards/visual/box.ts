import { asciiDigits, whiteSpace } from "../../python-text.ts";

/** Left, top, right, bottom. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Whether left is left of right and top above bottom, and all four are numbers. */
export function isProper([left, top, right, bottom]: Box): boolean {
  return left < right && top < bottom && [left, top, right, bottom].every(Number.isFinite);
}

/** Python's `max` and `min` of two: the first unless the second beats it, so that NaN only counts in the first place. */
// biome-ignore lint/complexity/useMathMinMax: Math.max is NaN wherever one of the two is
const larger = (first: number, second: number): number => (second > first ? second : first);
// biome-ignore lint/complexity/useMathMinMax: Math.min is NaN wherever one of the two is
const smaller = (first: number, second: number): number => (second < first ? second : first);

const area = ([left, top, right, bottom]: Box): number => (right - left) * (bottom - top);

/** Where the boxes overlap; empty or inside out where they do not. */
function overlap(first: Box, second: Box): Box {
  return [
    larger(first[0], second[0]),
    larger(first[1], second[1]),
    smaller(first[2], second[2]),
    smaller(first[3], second[3]),
  ];
}

/** Intersection over union; 0 for boxes that do not overlap. Upstream: Visual-RFT's `calculate_iou`. */
export function intersectionOverUnion(first: Box, second: Box): number {
  const [left, top, right, bottom] = overlap(first, second);
  if (right <= left || bottom <= top) {
    return 0;
  }
  const intersection = (right - left) * (bottom - top);
  return intersection / (area(first) + area(second) - intersection);
}

/** As the evaluation of Visual-RFT on LISA has it: never 1, because of 1e-6 in the denominator. */
export function offsetIntersectionOverUnion(first: Box, second: Box): number {
  const [left, top, right, bottom] = overlap(first, second);
  const intersection = larger(0, right - left) * larger(0, bottom - top);
  return intersection / (area(first) + area(second) - intersection + 1e-6);
}

/**
 * Generalised intersection over union (arXiv 1902.09630) plus 1: 2 for equal boxes, towards 0 the farther apart they are.
 * Boxes with swapped corners are taken as they stand. Upstream: Visual-RFT's `compute_giou`.
 */
export function scaledGeneralisedIou(gold: Box, box: Box): number {
  const [left, top, right, bottom] = overlap(gold, box);
  const intersection = larger(0, right - left) * larger(0, bottom - top);
  const union = area(gold) + area(box) - intersection;
  const iou = union > 0 ? intersection / union : 0;
  const hull = area([
    smaller(gold[0], box[0]),
    smaller(gold[1], box[1]),
    larger(gold[2], box[2]),
    larger(gold[3], box[3]),
  ]);
  return (hull > 0 ? iou - (hull - union) / hull : iou) + 1;
}

const s = `[${whiteSpace}]*`;
const corner = `\\(${s}(\\p{Nd}+)${s},${s}(\\p{Nd}+)${s}\\)`;
const corners = new RegExp(`${corner}${s},${s}${corner}`, "gu");

/** The boxes that a text writes as upstream asks for them, `(x1,y1),(x2,y2)` in whole numbers; as they stand. */
export function* writtenBoxes(text: string): Generator<Box> {
  for (const [, ...numbers] of text.matchAll(corners)) {
    yield numbers.map((digits) => Number(asciiDigits(digits))) as unknown as Box;
  }
}

const number = "(-?[0-9]+(?:\\.[0-9]+)?)";
const comma = "\\s*,\\s*";
const pair = `[([]\\s*${number}${comma}${number}\\s*[)\\]]`;
const anyBox = new RegExp(
  `${pair}${comma}${pair}|[([]\\s*${[number, number, number, number].join(comma)}\\s*[)\\]]`,
  "g",
);

/** The boxes that a text writes as `(x1,y1),(x2,y2)` or `[x1, y1, x2, y2]`, round or square brackets, decimals allowed. */
export function statedBoxes(text: string): Box[] {
  return Array.from(
    asciiDigits(text).matchAll(anyBox),
    ([, ...found]) => found.filter((digits) => digits !== undefined).map(Number) as unknown as Box,
  );
}
