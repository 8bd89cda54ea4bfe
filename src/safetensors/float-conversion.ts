/** The 16-bit types that weights are stored in, named as in the format. */
export type NarrowType = "F16" | "BF16";

/** What each of the 65,536 float16 stands for: looking it up is as fast as reading memory. */
let halfValues: Float32Array | undefined;

function halfTable(): Float32Array {
  halfValues ??= Float32Array.from({ length: 0x10000 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) {
      return sign * fraction * 2 ** -24;
    }
    if (exponent === 0x1f) {
      return fraction === 0 ? sign * Infinity : Number.NaN;
    }
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
  return halfValues;
}

/** Converts little-endian stored values, which begin at a multiple of their width, to float32, filling `target`. */
export function toFloat32(bytes: Uint8Array, storedType: NarrowType | "F64", target: Float32Array): void {
  const { buffer, byteOffset } = bytes;
  const count = target.length;
  if (storedType === "F64") {
    target.set(new Float64Array(buffer, byteOffset, count));
    return;
  }
  const stored = new Uint16Array(buffer, byteOffset, count);
  if (storedType === "F16") {
    const values = halfTable();
    for (let i = 0; i < count; i++) {
      target[i] = values[stored[i]];
    }
    return;
  }
  const bits = new Int32Array(target.buffer, target.byteOffset, count);
  for (let i = 0; i < count; i++) {
    bits[i] = stored[i] << 16;
  }
}

const magnitudeMask = 0x7fffffff;
const infinityBits = 0x7f800000;
const halfInfinity = 0x7c00;
const brainInfinity = 0x7f80;

/**
 * Converts float32 values to 16-bit ones, rounding to nearest, halves to even; NaN stays NaN. Returns the index of the
 * first finite value that rounds to infinity, or -1.
 */
export function fromFloat32(values: Float32Array, storedType: NarrowType, target: Uint16Array): number {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return storedType === "F16" ? toHalf(values, bits, target) : toBrain(bits, target);
}

function toBrain(bits: Int32Array, target: Uint16Array): number {
  let overflow = -1;
  for (let i = bits.length - 1; i >= 0; i--) {
    const value = bits[i];
    const magnitude = value & magnitudeMask;
    if (magnitude > infinityBits) {
      target[i] = 0x7fc0;
      continue;
    }
    const rounded = (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
    if ((rounded & 0x7fff) === brainInfinity && magnitude !== infinityBits) {
      overflow = i;
    }
    target[i] = rounded;
  }
  return overflow;
}

const smallestNormalHalf = 0x38800000;
/** Exponents of float32 are biased by 127, those of float16 by 15. */
const biasDifference = (127 - 15) << 23;
const oneHalf = new Float32Array(1);
const oneHalfBits = new Int32Array(oneHalf.buffer);

function toHalf(values: Float32Array, bits: Int32Array, target: Uint16Array): number {
  let overflow = -1;
  for (let i = bits.length - 1; i >= 0; i--) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & magnitudeMask;
    if (magnitude >= infinityBits) {
      target[i] = magnitude === infinityBits ? sign | halfInfinity : 0x7e00;
    } else if (magnitude < smallestNormalHalf) {
      // Float32 of this size are multiples of 2^-24, as the float16 below the normal ones are: the sum rounds as they do.
      oneHalf[0] = 0.5 + Math.abs(values[i]);
      target[i] = sign | (oneHalfBits[0] - 0x3f000000);
    } else {
      const rounded = (magnitude - biasDifference + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      if (rounded >= halfInfinity) {
        overflow = i;
      }
      target[i] = sign | Math.min(rounded, halfInfinity);
    }
  }
  return overflow;
}
