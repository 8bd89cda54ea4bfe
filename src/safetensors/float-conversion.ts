import type { StoredType } from "./header.ts";

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
export function toFloat32(bytes: Uint8Array, storedType: StoredType, target: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (storedType) {
    case "F32":
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
      return;
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
