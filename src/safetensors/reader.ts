import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errorMessage, ModelError } from "../errors.ts";
import { toFloat32 } from "./float-conversion.ts";
import {
  elementBytes,
  lengthBytes,
  maximumHeaderBytes,
  parseHeader,
  type StoredType,
  type TensorEntry,
} from "./header.ts";

/** Bytes read at a time, so that converting never holds a second copy of a large tensor. */
const chunkBytes = 1 << 24;

/** One open safetensors file. */
export interface SafetensorsFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Reads a tensor as float32 into `target`, which has its size. */
  readInto(name: string, target: Float32Array): void;
  close(): void;
}

function readExactly(descriptor: number, bytes: Uint8Array, position: number, file: string): void {
  for (let offset = 0; offset < bytes.length; ) {
    let count: number;
    try {
      const length = Math.min(bytes.length - offset, chunkBytes);
      count = readSync(descriptor, bytes, offset, length, position + offset);
    } catch (error) {
      throw new ModelError(`cannot read ${file}: ${errorMessage(error)}`);
    }
    if (count === 0) {
      throw new ModelError(`${file} ends at byte ${position + offset}, before its data does; copy it again`);
    }
    offset += count;
  }
}

function readHeader(descriptor: number, file: string): TensorEntry[] {
  const fileSize = fstatSync(descriptor).size;
  if (fileSize < lengthBytes) {
    throw new ModelError(`${file} has ${fileSize} bytes and no safetensors header; copy it again`);
  }
  const prefix = Buffer.alloc(lengthBytes);
  readExactly(descriptor, prefix, 0, file);
  const headerLength = prefix.readBigUInt64LE();
  if (headerLength > BigInt(fileSize - lengthBytes)) {
    throw new ModelError(
      `${file}: its header claims ${headerLength} bytes but the file has ${fileSize}; it is truncated or not safetensors, copy it again`,
    );
  }
  if (headerLength > BigInt(maximumHeaderBytes)) {
    throw new ModelError(
      `${file}: its header claims ${headerLength} bytes, the format allows ${maximumHeaderBytes}; it is not safetensors, copy it again`,
    );
  }
  const header = Buffer.alloc(Number(headerLength));
  readExactly(descriptor, header, lengthBytes, file);
  return parseHeader(header, fileSize, file);
}

export function openSafetensors(file: string): SafetensorsFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw new ModelError(`cannot open ${file}: ${errorMessage(error)}`);
  }
  try {
    const entries = readHeader(descriptor, file);
    const tensors = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      file,
      tensors,
      readInto: (name, target) => readInto(descriptor, file, tensors.get(name), name, target),
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readInto(
  descriptor: number,
  file: string,
  entry: TensorEntry | undefined,
  name: string,
  target: Float32Array,
): void {
  if (entry === undefined) {
    throw new ModelError(`${file} has no tensor ${name}; is it the file of another model?`);
  }
  const { storedType, start } = entry;
  if (!Object.hasOwn(elementBytes, storedType)) {
    const known = Object.keys(elementBytes).join(", ");
    throw new ModelError(
      `${file}: tensor ${name} is stored as ${storedType}; supported: ${known}; convert it to one of these`,
    );
  }
  const width = elementBytes[storedType as StoredType];
  const size = (entry.end - start) / width;
  if (size !== target.length) {
    throw new ModelError(
      `${file}: tensor ${name} has ${size} values, the model needs ${target.length}; the file belongs to another model`,
    );
  }
  if (storedType === "F32") {
    readExactly(descriptor, new Uint8Array(target.buffer, target.byteOffset, target.byteLength), start, file);
    return;
  }
  const chunkSize = chunkBytes / width;
  const bytes = new Uint8Array(Math.min(size, chunkSize) * width);
  for (let first = 0; first < size; first += chunkSize) {
    const part = target.subarray(first, Math.min(size, first + chunkSize));
    const partBytes = bytes.subarray(0, part.length * width);
    readExactly(descriptor, partBytes, start + first * width, file);
    toFloat32(partBytes, storedType as Exclude<StoredType, "F32">, part);
  }
}
