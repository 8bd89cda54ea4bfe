import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { statIfPresent } from "../missing-path.ts";
import type { RepositoryKind } from "./repository.ts";

/**
 * One repository's place in the cache, laid out as Python's huggingface_hub does, which finds what is put here and puts what
 * is found here: content in `blobs/` under its checksum, links to it in `snapshots/COMMIT/`, branches and tags in `refs/`.
 */
export interface RepositoryCache {
  readonly blobs: string;
  snapshot(commit: string): string;
  /** The commit that a branch or tag stood for when it was last downloaded; null if it never was. */
  readRef(revision: string): string | null;
  writeRef(revision: string, commit: string): void;
  /** True if the blob is there whole. */
  holdsBlob(etag: string, size: number): boolean;
  /** True if the snapshot has the file in this size. */
  holdsFile(commit: string, file: string, size: number): boolean;
  /** Puts a blob that is there under its name into a snapshot that does not hold it. */
  link(commit: string, file: string, etag: string): void;
}

export function openCache(cacheFolder: string, kind: RepositoryKind, name: string): RepositoryCache {
  const root = path.join(cacheFolder, `${kind}s--${name.replace("/", "--")}`);
  const blobs = path.join(root, "blobs");
  const snapshot = (commit: string) => path.join(root, "snapshots", commit);
  const ref = (revision: string) => path.join(root, "refs", ...revision.split("/"));
  return {
    blobs,
    snapshot,
    readRef(revision) {
      const file = ref(revision);
      const isFile = statIfPresent(file)?.isFile() ?? false;
      return isFile ? readFileSync(file, "utf8").trim() : null;
    },
    writeRef(revision, commit) {
      if (this.readRef(revision) !== commit) {
        writeFileAtomically(ref(revision), commit);
      }
    },
    holdsBlob: (etag, size) => sizeOf(path.join(blobs, etag)) === size,
    holdsFile: (commit, file, size) => sizeOf(path.join(snapshot(commit), file)) === size,
    link(commit, file, etag) {
      const target = path.join(blobs, etag);
      const pointer = path.join(snapshot(commit), file);
      mkdirSync(path.dirname(pointer), { recursive: true });
      // Cut short, or a link to a blob that was removed.
      rmSync(pointer, { force: true });
      try {
        symlinkSync(path.relative(path.dirname(pointer), target), pointer);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Another process may have made the same link a moment ago.
        if (code === "EPERM" && process.platform === "win32") {
          // Windows reserves symbolic links to developers.
          linkSync(target, pointer);
        } else if (code !== "EEXIST") {
          throw error;
        }
      }
    },
  };
}

/** Bytes, through links; undefined where there is nothing. */
function sizeOf(file: string): number | undefined {
  return statIfPresent(file)?.size;
}
