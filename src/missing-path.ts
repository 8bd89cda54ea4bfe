/** True of an error that says there is nothing at a path, a file standing where it wants a folder included. */
export function isMissingPath(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
