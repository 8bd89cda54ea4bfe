import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { CheckpointError, errorMessage } from "./errors.ts";

/** Where something is written before it takes its final name; a leftover of a killed process has this form too. */
export function temporaryPath(finalPath: string): string {
  return path.join(path.dirname(finalPath), `.${path.basename(finalPath)}.tmp-${process.pid}`);
}

export function isTemporaryName(name: string): boolean {
  return /^\..+\.tmp-\d+$/.test(name);
}

/** Makes a file's content, or a directory's entries, survive a power cut. */
export function syncPath(target: string): void {
  const descriptor = openSync(target, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes that one system call takes; Node refuses 2 GiB. */
const writtenAtOnce = 2 ** 30;

/** Writes all of `data` and fsyncs. */
export function writeDurably(descriptor: number, chunks: Iterable<Uint8Array>): void {
  for (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length; ) {
      const length = Math.min(chunk.length - offset, writtenAtOnce);
      offset += writeSync(descriptor, chunk, offset, length);
    }
  }
  fsyncSync(descriptor);
}

function removeLeftover(temporary: string): void {
  try {
    rmSync(temporary, { recursive: true, force: true });
  } catch {
    // What made writing fail is what there is to tell; the leftover is known by its name.
  }
}

/** What a failed write of the target means to a user; an error that is none of the system's comes back as it is. */
export function writeFailure(target: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const ways: Record<string, string> = {
    ENOSPC: "the disk is full; free some space and resume",
    EACCES: "permission denied; choose a folder you may write to",
    EROFS: "the file system is read-only; choose another folder",
    EDQUOT: "your disk quota is used up; free some space and resume",
    ENOTEMPTY: "a folder of that name is there already; move it away or choose another",
    EEXIST: "something of that name is there already; move it away or choose another",
    ENOTDIR: "a part of its path is a file; choose another folder",
    EISDIR: "a folder of that name is there already; move it away or choose another",
  };
  const reason = (code && ways[code]) || errorMessage(error);
  return code ? new CheckpointError(`cannot write ${target}: ${reason}`) : (error as Error);
}

/** Does `work`, whose failure is one of writing the target. */
export function writing<T>(target: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw writeFailure(target, error);
  }
}

/** Writes a file under a temporary name, fsyncs it and renames it: readers see the old content or the new, never half. */
export function writeFileAtomically(target: string, data: string | Uint8Array | Iterable<Uint8Array>): void {
  const chunks = typeof data === "string" ? [Buffer.from(data)] : data instanceof Uint8Array ? [data] : data;
  const temporary = temporaryPath(target);
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    const descriptor = openSync(temporary, "w");
    try {
      writeDurably(descriptor, chunks);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
    syncPath(path.dirname(target));
  } catch (error) {
    removeLeftover(temporary);
    throw writeFailure(target, error);
  }
}

function syncTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      syncTree(child);
    } else {
      syncPath(child);
    }
  }
  syncPath(directory);
}

/** Fills a directory under a temporary name, fsyncs everything in it and renames it. The final name must be free. */
export async function createDirectoryAtomically(
  target: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryPath(target);
  try {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    await fill(temporary);
    syncTree(temporary);
    renameSync(temporary, target);
    syncPath(path.dirname(target));
  } catch (error) {
    removeLeftover(temporary);
    throw writeFailure(target, error);
  }
}
