import { writeFileAtomically } from "../atomic-file.ts";
import { internalError } from "../errors.ts";
import { fromFloat32 } from "./float-conversion.ts";
import { elementBytes, lengthBytes } from "./header.ts";

export interface TensorToWrite {
  name: string;
  shape: readonly number[];
  values: Float32Array;
  /** How the values are stored; float32 unless it says otherwise. */
  storedType?: "F32" | "F16" | "BF16";
}

const headerAlignment = 8;
/** Values converted at a time, so that writing never holds a second copy of a large tensor. */
const chunkValues = 1 << 22;

/** The length of the header, then the header, padded with blanks. */
function headerBytes(tensors: readonly TensorToWrite[]): Uint8Array {
  const entries = new Map<string, object>([["__metadata__", { format: "pt" }]]);
  let offset = 0;
  for (const { name, shape, values, storedType = "F32" } of tensors) {
    if (entries.has(name) || shape.reduce((product, size) => product * size, 1) !== values.length) {
      throw internalError(
        `tensor ${name} is written twice, or its ${values.length} values are not [${shape}]`,
      );
    }
    const start = offset;
    offset += values.length * elementBytes[storedType];
    entries.set(name, { dtype: storedType, shape, data_offsets: [start, offset] });
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / headerAlignment) * headerAlignment;
  const bytes = Buffer.alloc(lengthBytes + length, " ");
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.set(json, lengthBytes);
  return bytes;
}

function* fileChunks(tensors: readonly TensorToWrite[]): Generator<Uint8Array> {
  yield headerBytes(tensors);
  for (const { values, storedType = "F32" } of tensors) {
    if (storedType === "F32") {
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    } else {
      for (let first = 0; first < values.length; first += chunkValues) {
        yield fromFloat32(values.subarray(first, first + chunkValues), storedType);
      }
    }
  }
}

/** Writes tensors in the given order; the same tensors give the same bytes. The file appears whole or not at all. */
export function writeSafetensors(file: string, tensors: readonly TensorToWrite[]): void {
  writeFileAtomically(file, fileChunks(tensors));
}
