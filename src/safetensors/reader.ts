import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errorMessage, ModelError } from "../errors.ts";
import { toFloat32 } from "./float-conversion.ts";
import { elementBytes, lengthBytes, parseHeader, type StoredType, type TensorEntry } from "./header.ts";

/** Bytes converted at a time, so that reading never holds a second copy of a large tensor. */
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
    const count = readSync(descriptor, bytes, offset, bytes.length - offset, position + offset);
    if (count === 0) {
      throw new ModelError(`${file} ends at byte ${position + offset}, before its data does; copy it again`);
    }
    offset += count;
  }
}

export function openSafetensors(file: string): SafetensorsFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw new ModelError(`cannot open ${file}: ${errorMessage(error)}`);
  }
  try {
    const fileSize = fstatSync(descriptor).size;
    if (fileSize < lengthBytes) {
      throw new ModelError(`${file} has ${fileSize} bytes and no safetensors header; copy it again`);
    }
    const prefix = Buffer.alloc(lengthBytes);
    readExactly(descriptor, prefix, 0, file);
    const headerLength = prefix.readBigUInt64LE();
    if (headerLength > BigInt(fileSize - lengthBytes)) {
      throw new ModelError(
        `${file}: its header claims ${headerLength} bytes but the file has ${fileSize}; it is truncated or not safetensors`,
      );
    }
    const header = Buffer.alloc(Number(headerLength));
    readExactly(descriptor, header, lengthBytes, file);
    const entries = parseHeader(header.toString("utf8"), header.length, fileSize, file);
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
    throw new ModelError(`${file} has no tensor ${name}`);
  }
  const width = elementBytes[entry.storedType as StoredType];
  if (width === undefined) {
    const known = Object.keys(elementBytes).join(", ");
    throw new ModelError(`${file}: tensor ${name} is stored as ${entry.storedType}; supported: ${known}`);
  }
  const size = (entry.end - entry.start) / width;
  if (size !== target.length) {
    throw new ModelError(`${file}: tensor ${name} has ${size} values, the model needs ${target.length}`);
  }
  const chunkSize = chunkBytes / width;
  const bytes = new Uint8Array(Math.min(size, chunkSize) * width);
  for (let start = 0; start < size; start += chunkSize) {
    const part = target.subarray(start, Math.min(size, start + chunkSize));
    const partBytes = bytes.subarray(0, part.length * width);
    readExactly(descriptor, partBytes, entry.start + start * width, file);
    toFloat32(partBytes, entry.storedType as StoredType, part);
  }
}
