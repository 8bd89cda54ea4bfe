import { type Stats, statSync } from "node:fs";
import { errorMessage } from "./errors.ts";

/** True of an error that says there is nothing at a path, a file standing where it wants a folder included. */
export function isMissingPath(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Why a file could not be read, in words. */
export function unreadableReason(error: unknown): string {
  return isMissingPath(error) ? "there is no such file" : errorMessage(error);
}

/** What is at a path; undefined if nothing is. */
export function statIfPresent(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isMissingPath(error)) {
      return undefined;
    }
    throw error;
  }
}
