import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { shownName } from "../error-text.ts";
import { errorMessage, internalError, ModelError } from "../errors.ts";
import { unreadableReason } from "../missing-path.ts";
import { toFloat32 } from "./float-conversion.ts";
import {
  elementBytes,
  lengthBytes,
  maximumHeaderBytes,
  parseHeader,
  readableType,
  type StoredType,
  type TensorEntry,
} from "./header.ts";
import { createScratch, scratchBytes } from "./scratch.ts";

/** Bytes that one system call asks for; more than 2 GB would be refused. */
const readBytes = 1 << 24;

/** One open safetensors file. */
export interface SafetensorsFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Reads a tensor as float32 into `target`, which has its size. */
  readInto(name: string, target: Float32Array): void;
  /** Reads the tensor's values from the one at `first` on as float32, as many as `target` takes. */
  readPart(name: string, first: number, target: Float32Array): void;
  /** Reads a tensor of any type as it is stored into `target`, which has its number of bytes. */
  readBytes(name: string, target: Uint8Array): void;
  close(): void;
}

function readExactly(descriptor: number, bytes: Uint8Array, position: number, file: string): void {
  for (let offset = 0; offset < bytes.length; ) {
    let count: number;
    try {
      const length = Math.min(bytes.length - offset, readBytes);
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

function openFile(file: string): number {
  try {
    // Opening a pipe would wait for its other end.
    if (!statSync(file).isFile()) {
      throw new Error("it is not a file");
    }
    return openSync(file, "r");
  } catch (error) {
    throw new ModelError(`cannot open ${file}: ${unreadableReason(error)}`);
  }
}

/** The way to one tensor's values, checked. */
interface StoredValues {
  storedType: StoredType;
  start: number;
  count: number;
}

/** Opens a file and reads its header; conversions go through `scratch`, which files may share. */
export function openSafetensors(file: string, scratch = createScratch()): SafetensorsFile {
  const descriptor = openFile(file);
  try {
    const entries = readHeader(descriptor, file);
    const tensors = new Map(entries.map((entry) => [entry.name, entry]));

    const findEntry = (name: string): TensorEntry => {
      const entry = tensors.get(name);
      if (entry === undefined) {
        throw new ModelError(`${file} has no tensor ${shownName(name)}; is it the file of another model?`);
      }
      return entry;
    };

    const find = (name: string): StoredValues => {
      const entry = findEntry(name);
      const storedType = readableType(entry, file);
      const { start, end } = entry;
      return { storedType, start, count: (end - start) / elementBytes[storedType] };
    };

    const read = ({ storedType, start }: StoredValues, first: number, target: Float32Array): void => {
      const width = elementBytes[storedType];
      const position = start + first * width;
      if (storedType === "F32") {
        const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
        readExactly(descriptor, bytes, position, file);
        return;
      }
      const pieceValues = scratchBytes / width;
      for (let done = 0; done < target.length; done += pieceValues) {
        const piece = target.subarray(done, done + pieceValues);
        const bytes = scratch.bytes(piece.length * width);
        readExactly(descriptor, bytes, position + done * width, file);
        toFloat32(bytes, storedType, piece);
      }
    };

    return {
      file,
      tensors,
      readInto: (name, target) => {
        const stored = find(name);
        if (stored.count !== target.length) {
          throw new ModelError(
            `${file}: tensor ${shownName(name)} has ${stored.count} values, the model needs ${target.length}; the file belongs to another model`,
          );
        }
        read(stored, 0, target);
      },
      readPart: (name, first, target) => {
        const stored = find(name);
        if (first + target.length > stored.count) {
          throw internalError(
            `values ${first} to ${first + target.length} of ${name}, which has ${stored.count}`,
          );
        }
        read(stored, first, target);
      },
      readBytes: (name, target) => {
        const { start, end } = findEntry(name);
        if (end - start !== target.length) {
          throw new ModelError(
            `${file}: tensor ${shownName(name)} has ${end - start} bytes, the model needs ${target.length}; the file belongs to another model`,
          );
        }
        readExactly(descriptor, target, start, file);
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
