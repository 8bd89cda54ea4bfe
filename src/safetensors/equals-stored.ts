import type { SafetensorsFile } from "./reader.ts";

const comparedValues = 1 << 18;

/** True where a tensor's stored values, as float32, are exactly these. */
export function equalsStored(
  { tensors, readPart }: Pick<SafetensorsFile, "tensors" | "readPart">,
  name: string,
  values: Float32Array,
): boolean {
  const count = tensors.get(name)!.shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) {
    return false;
  }
  const buffer = new Float32Array(Math.min(comparedValues, count));
  for (let first = 0; first < count; first += buffer.length) {
    const part = buffer.subarray(0, count - first);
    readPart(name, first, part);
    for (let i = 0; i < part.length; i++) {
      if (part[i] !== values[first + i] && !Object.is(part[i], values[first + i])) {
        return false;
      }
    }
  }
  return true;
}
