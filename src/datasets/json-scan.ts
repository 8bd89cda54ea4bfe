import { DataError } from "../errors.ts";
import { readPiece, skipByteOrderMark } from "./lines.ts";
import type { OpenedFile } from "./opened-file.ts";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const listStart = 0x5b;
const listEnd = 0x5d;
const objectStart = 0x7b;
const objectEnd = 0x7d;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export function skipSpace(bytes: Buffer, from: number): number {
  let index = from;
  while (isSpace(bytes[index])) {
    index++;
  }
  return index;
}

/** Where the value that begins at `start` ends, judged by its brackets alone; null where the bytes end first. */
export function valueEnd(bytes: Buffer, start: number): number | null {
  let depth = 0;
  for (let index = start; index < bytes.length; index++) {
    switch (bytes[index]) {
      case quote: {
        const end = stringEnd(bytes, index);
        if (end === null) {
          return null;
        }
        index = end - 1;
        if (depth === 0) {
          return end;
        }
        break;
      }
      case listStart:
      case objectStart:
        depth++;
        break;
      case listEnd:
      case objectEnd:
        if (depth <= 1) {
          return depth === 0 ? index : index + 1;
        }
        depth--;
        break;
      case comma:
        if (depth === 0) {
          return index;
        }
    }
  }
  return null;
}

function stringEnd(bytes: Buffer, start: number): number | null {
  for (let index = start + 1; index < bytes.length; index++) {
    if (bytes[index] === backslash) {
      index++;
    } else if (bytes[index] === quote) {
      return index + 1;
    }
  }
  return null;
}

/**
 * The position behind the bracket that opens the list of rows: the file's own list, or that of a key, or without a key
 * the first one that begins with an object. Throws DataError where there is none.
 */
export function findRows(file: OpenedFile, wanted: string | undefined): number {
  let position = skipByteOrderMark(file);
  const take = (wholeBytes: (bytes: Buffer) => number | null): Buffer => {
    const piece = readPiece(file, position, (bytes) => wholeBytes(bytes) ?? 0);
    position += piece.length;
    return piece;
  };
  /** The next byte that is no space, or nothing at the end of the file. */
  const takeByte = (): number | undefined =>
    take((bytes) => {
      const at = skipSpace(bytes, 0);
      return at < bytes.length ? at + 1 : null;
    }).at(-1);
  const opening = takeByte();
  if (opening === listStart && wanted === undefined) {
    return position;
  }
  if (opening !== objectStart) {
    const found =
      opening === listStart ? `is a list, so that it has no key "${wanted}"` : "is no JSON list or object";
    throw new DataError(`${file.path}: the file ${found}; check format and key`);
  }
  const keys: string[] = [];
  for (let byte = takeByte(); byte === quote || byte === comma; byte = takeByte()) {
    if (byte === comma) {
      continue;
    }
    position -= 1;
    const key = parseKey(take((bytes) => stringEnd(bytes, 0)));
    if (key === null || takeByte() !== colon) {
      break;
    }
    keys.push(key);
    if (takeByte() === listStart) {
      const behind = position;
      if (key === wanted || (wanted === undefined && takeByte() === objectStart)) {
        return behind;
      }
      position = behind;
    }
    position -= 1;
    const before = position;
    take((bytes) => valueEnd(bytes, 0));
    if (position === before) {
      break;
    }
  }
  const list = wanted === undefined ? "a list of objects" : `a list under the key "${wanted}"`;
  throw new DataError(
    `${file.path}: expected ${list}; keys of the file: ${keys.slice(0, 20).join(", ") || "none"}; name one that holds a list as key`,
  );
}

function parseKey(bytes: Buffer): string | null {
  try {
    return String(JSON.parse(bytes.toString("utf8")));
  } catch {
    return null;
  }
}
