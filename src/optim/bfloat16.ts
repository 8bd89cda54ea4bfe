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
 * which keeps changes that are smaller than a step. The random bits depend on `seed` and each value's position alone;
 * `start` is even, because one draw of 32 bits serves two values.
 */
export function writeBfloat16(
  stored: Uint16Array,
  start: number,
  count: number,
  { bits }: Pick<FloatBlock, "bits">,
  seed: number,
): void {
  for (let i = 0; i < count; i += 2) {
    const random = randomBits(seed, start + i);
    stored[start + i] = roundedUpBy(bits[i], random & 0xffff);
    if (i + 1 < count) {
      stored[start + i + 1] = roundedUpBy(bits[i + 1], random >>> 16);
    }
  }
}

/** The upper half of a float32 after adding to the lower one. */
function roundedUpBy(value: number, addend: number): number {
  const rounded = (value + addend) | 0;
  // Nothing finite becomes infinite, and what is not finite stays as it is.
  return ((rounded & exponentMask) === exponentMask ? value : rounded) >>> 16;
}
