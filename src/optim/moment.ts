import { readBfloat16, writeBfloat16 } from "./bfloat16.ts";
import { type BlockwiseInt8, readInt8Block, writeInt8Block } from "./blockwise-int8.ts";
import { blockSize, type FloatBlock } from "./float-block.ts";

/** How an optimizer keeps its moments: 4, 2 or about 1 bytes a value. */
export type StatePrecision = "float32" | "bfloat16" | "int8";
export const statePrecisions: readonly StatePrecision[] = ["float32", "bfloat16", "int8"];

/** One moment of one parameter: float32 values, bfloat16 bit patterns, or bytes with a scale a block. */
export type Moment = Float32Array | Uint16Array | BlockwiseInt8;

/** Smaller parameters keep float32 beside 8 bits, as in bitsandbytes: they take no memory and can be delicate. */
const smallestInt8Size = 4096;

/** The precision in which a moment of `size` values is kept where `precision` is asked for. */
function keptPrecision(size: number, precision: StatePrecision): StatePrecision {
  return precision === "int8" && size < smallestInt8Size ? "float32" : precision;
}

/** Zeros; `signed` tells 8-bit moments whether values can be negative. */
export function createMoment(
  size: number,
  precision: StatePrecision,
  { signed }: { signed: boolean },
): Moment {
  const kept = keptPrecision(size, precision);
  if (kept === "float32") {
    return new Float32Array(size);
  }
  if (kept === "bfloat16") {
    return new Uint16Array(size);
  }
  return { signed, codes: new Uint8Array(size), scales: new Float32Array(Math.ceil(size / blockSize)) };
}

/** Bytes of memory that a moment of `size` values takes. */
export function momentBytes(size: number, precision: StatePrecision): number {
  const bytes = { float32: 4 * size, bfloat16: 2 * size, int8: size + 4 * Math.ceil(size / blockSize) };
  return bytes[keptPrecision(size, precision)];
}

/** Puts the `count` values from `start` on, a multiple of the block size, at the beginning of `block`. */
export function readMoment(moment: Moment, start: number, count: number, block: FloatBlock): void {
  if (moment instanceof Float32Array) {
    block.values.set(moment.subarray(start, start + count));
  } else if (moment instanceof Uint16Array) {
    readBfloat16(moment, start, count, block);
  } else {
    readInt8Block(moment, start, count, block);
  }
}

/** Keeps what `readMoment` would give back; may overwrite the block. `seed` decides stochastic rounding. */
export function writeMoment(
  moment: Moment,
  start: number,
  count: number,
  block: FloatBlock,
  seed: number,
): void {
  if (moment instanceof Float32Array) {
    moment.set(block.values.subarray(0, count), start);
  } else if (moment instanceof Uint16Array) {
    writeBfloat16(moment, start, count, block, seed);
  } else {
    writeInt8Block(moment, start, count, block);
  }
}
