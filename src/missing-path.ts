import { type Stats, statSync } from "node:fs";

/** True of an error that says there is nothing at a path, a file standing where it wants a folder included. */
export function isMissingPath(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
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
