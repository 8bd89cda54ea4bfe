import { DataError } from "../../errors.ts";

/** Pixels that belong to an object. */
export interface Mask {
  height: number;
  width: number;
  /** [width, height]: columns one after the other; 0 or 1. */
  pixels: Uint8Array;
}

/** A mask as runs of pixels column by column, first zeros, then ones, and so on; in numbers or in COCO's text. */
export interface RunLengths {
  size: readonly [height: number, width: number];
  counts: string | readonly number[];
}

export const createMask = (height: number, width: number): Mask => ({
  height,
  width,
  pixels: new Uint8Array(height * width),
});

/** Throws DataError for runs that do not fill the mask. */
export function decodeMask({ size: [height, width], counts }: RunLengths): Mask {
  const mask = createMask(height, width);
  let at = 0;
  let value = 0;
  for (const run of typeof counts === "string" ? decodedCounts(counts) : counts) {
    if (!(run >= 0 && at + run <= mask.pixels.length)) {
      break;
    }
    mask.pixels.fill(value, at, at + run);
    at += run;
    value = 1 - value;
  }
  if (at !== mask.pixels.length) {
    throw new DataError(`the runs of a mask do not fill its ${height} x ${width} pixels`);
  }
  return mask;
}

/**
 * COCO's text: each number in groups of five bits, lowest first, as characters from "0" on with a sixth bit where more
 * follow; from the fourth number on, the difference to the one but last.
 */
function decodedCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let scale = 1;
    let bits: number;
    do {
      bits = text.charCodeAt(at++) - 48;
      value += (bits & 0x1f) * scale;
      scale *= 32;
    } while (bits & 0x20 && at < text.length);
    if (bits & 0x10) {
      value -= scale;
    }
    counts.push(counts.length > 2 ? value + counts.at(-2)! : value);
  }
  return counts;
}

/** The runs of a mask, zeros first. */
export function maskRuns({ pixels }: Mask): number[] {
  const runs: number[] = [];
  let value = 0;
  let start = 0;
  for (let at = 0; at <= pixels.length; at++) {
    if (at === pixels.length || pixels[at] !== value) {
      runs.push(at - start);
      start = at;
      value = 1 - value;
    }
  }
  return runs;
}

/** Pixels in both and pixels in either of two masks. Throws DataError for masks of different sizes. */
export function maskOverlap(first: Mask, second: Mask): { intersection: number; union: number } {
  if (first.height !== second.height || first.width !== second.width) {
    const sizes = [first, second].map(({ height, width }) => `${height} x ${width}`);
    throw new DataError(`masks of ${sizes.join(" and ")} pixels cannot be compared`);
  }
  let [intersection, union] = [0, 0];
  for (let at = 0; at < first.pixels.length; at++) {
    intersection += first.pixels[at]! & second.pixels[at]!;
    union += first.pixels[at]! | second.pixels[at]!;
  }
  return { intersection, union };
}
