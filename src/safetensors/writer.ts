import { writeFileAtomically } from "../atomic-file.ts";
import { internalError, ModelError } from "../errors.ts";
import { fromFloat32, type NarrowType } from "./float-conversion.ts";
import { elementBytes, lengthBytes } from "./header.ts";
import { createScratch, scratchBytes } from "./scratch.ts";

/** How values can be stored; they are float32 in memory. */
export type WrittenType = "F32" | NarrowType;

/** A tensor whose elements are bit patterns of its type already; they are written as they are. */
export interface StoredTensor {
  name: string;
  shape: readonly number[];
  values: Uint8Array | Uint16Array;
  storedType: "U8" | "BF16";
}

export interface TensorToWrite {
  name: string;
  shape: readonly number[];
  values: Float32Array;
  /** Float32 unless it says otherwise. */
  storedType?: WrittenType;
}

const headerAlignment = 8;

function isStored(tensor: TensorToWrite | StoredTensor): tensor is StoredTensor {
  return !(tensor.values instanceof Float32Array);
}

function elementWidth(tensor: TensorToWrite | StoredTensor): number {
  return isStored(tensor) ? tensor.values.BYTES_PER_ELEMENT : elementBytes[tensor.storedType ?? "F32"];
}

export function writtenBytes(tensor: TensorToWrite | StoredTensor): number {
  return tensor.values.length * elementWidth(tensor);
}

/** Wide elements first, so that each tensor begins at a multiple of its width: readers that map the file need it. */
function inFileOrder<T extends TensorToWrite | StoredTensor>(tensors: readonly T[]): T[] {
  return tensors.toSorted((a, b) => elementWidth(b) - elementWidth(a));
}

/** The length of the header, then the header, padded with blanks. */
function headerBytes(tensors: readonly (TensorToWrite | StoredTensor)[]): Uint8Array {
  const entries = new Map<string, object>([["__metadata__", { format: "pt" }]]);
  let offset = 0;
  for (const tensor of tensors) {
    const { name, shape, values, storedType = "F32" } = tensor;
    if (entries.has(name) || shape.reduce((product, size) => product * size, 1) !== values.length) {
      throw internalError(
        `tensor ${name} is written twice, or its ${values.length} values are not [${shape}]`,
      );
    }
    const start = offset;
    offset += writtenBytes(tensor);
    entries.set(name, { dtype: storedType, shape, data_offsets: [start, offset] });
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / headerAlignment) * headerAlignment;
  const bytes = Buffer.alloc(lengthBytes + length, " ");
  bytes.writeBigUInt64LE(BigInt(length));
  bytes.set(json, lengthBytes);
  return bytes;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Each piece is overwritten by the next. */
function* fileChunks(tensors: readonly (TensorToWrite | StoredTensor)[]): Generator<Uint8Array> {
  yield headerBytes(tensors);
  const scratch = createScratch();
  for (const tensor of tensors) {
    if (isStored(tensor)) {
      yield bytesOf(tensor.values);
      continue;
    }
    const { name, values, storedType = "F32" } = tensor;
    if (storedType === "F32") {
      yield bytesOf(values);
      continue;
    }
    const pieceValues = scratchBytes / elementBytes[storedType];
    for (let first = 0; first < values.length; first += pieceValues) {
      const piece = values.subarray(first, first + pieceValues);
      const bytes = scratch.bytes(piece.length * elementBytes[storedType]);
      const overflow = fromFloat32(
        piece,
        storedType,
        new Uint16Array(bytes.buffer, bytes.byteOffset, piece.length),
      );
      if (overflow >= 0) {
        throw new ModelError(
          `tensor ${name} has the value ${piece[overflow]} at index ${first + overflow}, which is too large for ${storedType}; save the weights in another dtype`,
        );
      }
      yield bytes;
    }
  }
}

/**
 * Writes tensors in the given order, wide types first; the same tensors give the same bytes. The file appears whole or
 * not at all. A finite value that its stored type cannot hold is a ModelError.
 */
export function writeSafetensors(file: string, tensors: readonly (TensorToWrite | StoredTensor)[]): void {
  writeFileAtomically(file, fileChunks(inFileOrder(tensors)));
}
