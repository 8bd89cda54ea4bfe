import { existsSync, statfsSync } from "node:fs";
import path from "node:path";
import { CheckpointError } from "../errors.ts";

/** Throws a CheckpointError that says what is missing if so many bytes do not fit beside what is on the disk. */
export function checkFreeSpace(needed: number, folder: string, what: string): void {
  const free = freeSpace(folder);
  if (needed > free) {
    throw new CheckpointError(
      `${what} needs ${inGigabytes(needed)} in ${folder}, where ${inGigabytes(free)} are free; free ${inGigabytes(needed - free)} or set HF_HUB_CACHE to a folder on another disk`,
    );
  }
}

/** Bytes that are free where a folder lies or will lie; infinitely many where the file system tells no size at all. */
export function freeSpace(folder: string): number {
  const { bavail, bsize, blocks } = statfsSync(nearestFolder(path.resolve(folder)));
  return blocks > 0 ? bavail * bsize : Number.POSITIVE_INFINITY;
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
}
