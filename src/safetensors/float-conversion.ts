import type { StoredType } from "./header.ts";

type ConvertedType = Exclude<StoredType, "F32">;

function halfToFloat(bits: number): number {
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
}

/** Converts little-endian stored values to float32, filling `target`. */
export function toFloat32(bytes: Uint8Array, storedType: ConvertedType, target: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (storedType) {
    case "F64":
      for (let i = 0; i < target.length; i++) {
        target[i] = view.getFloat64(i * 8, true);
      }
      return;
    case "BF16": {
      const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
      for (let i = 0; i < bits.length; i++) {
        bits[i] = view.getUint16(i * 2, true) << 16;
      }
      return;
    }
    case "F16":
      for (let i = 0; i < target.length; i++) {
        target[i] = halfToFloat(view.getUint16(i * 2, true));
      }
  }
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const singleFloat = new Float32Array(1);
const singleBits = new Uint32Array(singleFloat.buffer);

function floatToHalf(value: number): number {
  singleFloat[0] = value;
  const sign = (singleBits[0] >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) {
    return 0x7e00;
  }
  // Halfway between the largest half and the next power of two, which rounds up.
  if (magnitude >= 65520) {
    return sign | 0x7c00;
  }
  const exponent = Math.max((singleBits[0] >>> 23) & 0xff, 127 - 14) - 127;
  const fraction = roundHalfToEven(magnitude * 2 ** (10 - exponent));
  // A normal number's leading bit adds the one that the exponent field lacks here.
  return sign | (((exponent + 14) << 10) + fraction);
}

function floatToBrain(value: number): number {
  if (Number.isNaN(value)) {
    return 0x7fc0;
  }
  singleFloat[0] = value;
  const bits = singleBits[0];
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Converts float32 values to little-endian 16-bit ones, rounding to nearest, halves to even. */
export function fromFloat32(values: Float32Array, storedType: "F16" | "BF16"): Uint8Array {
  const convert = storedType === "F16" ? floatToHalf : floatToBrain;
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    view.setUint16(2 * i, convert(values[i]), true);
  }
  return bytes;
}
