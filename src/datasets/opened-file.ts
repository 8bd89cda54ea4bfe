import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DataError, errorMessage } from "../errors.ts";
import { isMissingPath } from "../missing-path.ts";

/** A file that is read by position. */
export interface OpenedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The bytes from `position` on, fewer than `length` at the end of the file; the buffer is the caller's own. */
  read(position: number, length: number): Buffer;
  close(): void;
}

/** Throws DataError for a file that cannot be opened or read. */
export function openFile(path: string): OpenedFile {
  const descriptor = attempt(path, "open", () => openSync(path, "r"));
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) {
    closeSync(descriptor);
    throw new DataError(`${path}: not a file; give a file of rows`);
  }
  return {
    path,
    size: stats.size,
    read(position, length) {
      const wanted = Math.max(0, Math.min(length, stats.size - position));
      // A buffer of its own, with its own memory: views of it become values and are kept.
      const buffer = Buffer.allocUnsafeSlow(wanted);
      let filled = 0;
      while (filled < wanted) {
        const count = attempt(path, "read", () =>
          readSync(descriptor, buffer, filled, wanted - filled, position + filled),
        );
        if (count === 0) {
          throw new DataError(`${path}: it became shorter while it was read; leave it alone until the end`);
        }
        filled += count;
      }
      return buffer;
    },
    close: () => closeSync(descriptor),
  };
}

function attempt<T>(path: string, action: "open" | "read", work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isMissingPath(error)) {
      throw new DataError(`${path}: there is no such file; paths are relative to the working directory`);
    }
    throw new DataError(`cannot ${action} ${path}: ${errorMessage(error)}`);
  }
}

/** Runs `read` with the file open, and closes it however the reading ends. */
export function* withFile<T>(path: string, read: (file: OpenedFile) => Generator<T>): Generator<T> {
  const file = openFile(path);
  try {
    yield* read(file);
  } finally {
    file.close();
  }
}
