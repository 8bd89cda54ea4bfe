/** Values that share one scale in 8 bits, as in bitsandbytes; also how many are worked on at a time. */
export const blockSize = 256;

/** A small buffer that is filled again and again, so that no moment is ever wholly in float32. */
export interface FloatBlock {
  readonly values: Float32Array;
  /** The bit patterns of the same memory. */
  readonly bits: Int32Array;
}

export function createFloatBlock(): FloatBlock {
  const values = new Float32Array(blockSize);
  return { values, bits: new Int32Array(values.buffer) };
}
