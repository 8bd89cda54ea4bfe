import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { listFiles } from "@huggingface/hub";

/** A file in a repository, as it should be: from this machine or as text. */
export type ExpectedFile = { path: string; size: number } & ({ file: string } | { text: string });

/** What listing a repository takes. */
export interface RepositoryAccess {
  hubUrl: string;
  fetch: typeof fetch;
  repo: { type: "model"; name: string };
}

/** True where a commit has exactly these bytes under these paths, and none of `absent`. */
export async function holdsContent(
  access: RepositoryAccess,
  commit: string,
  expected: readonly ExpectedFile[],
  absent: readonly string[],
): Promise<boolean> {
  const listed = new Map<string, { size: number; oid?: string; lfs?: { oid: string; size: number } }>();
  for await (const entry of listFiles({ ...access, revision: commit, recursive: true })) {
    listed.set(entry.path, entry);
  }
  const sizeAt = (path: string): number | undefined => listed.get(path)?.lfs?.size ?? listed.get(path)?.size;
  if (absent.some((path) => listed.has(path)) || expected.some(({ path, size }) => sizeAt(path) !== size)) {
    return false;
  }
  for (const file of expected) {
    const { lfs, oid } = listed.get(file.path)!;
    const digest = lfs ? createHash("sha256") : createHash("sha1").update(`blob ${file.size}\0`);
    for await (const chunk of "file" in file ? createReadStream(file.file) : Readable.from([file.text])) {
      digest.update(chunk);
    }
    if (digest.digest("hex") !== (lfs?.oid ?? oid)) {
      return false;
    }
  }
  return true;
}
