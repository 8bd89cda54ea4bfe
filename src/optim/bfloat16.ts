import { randomBits } from "../random.ts";
import type { FloatBlock } from "./float-block.ts";

const exponentMask = 0x7f800000;

/** Fills the beginning of `block` with `count` values from `start` on. */
export function readBfloat16(
  stored: Uint16Array,
  start: number,
  count: number,
  { bits }: Pick<FloatBlock, "bits">,
): void {
  for (let i = 0; i < count; i++) {
    bits[i] = stored[start + i] << 16;
  }
}

/**
 * Stores the first `count` values with stochastic rounding: up or down with the probability that makes the mean exact,
 * which keeps changes that are smaller than a step. The random bits depend on `seed` and each value's position alone.
 */
export function writeBfloat16(
  stored: Uint16Array,
  start: number,
  count: number,
  { bits }: Pick<FloatBlock, "bits">,
  seed: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = bits[i];
    const rounded = (value + (randomBits(seed, start + i) & 0xffff)) | 0;
    // Nothing finite becomes infinite, and what is not finite stays as it is.
    stored[start + i] = ((rounded & exponentMask) === exponentMask ? value : rounded) >>> 16;
  }
}
