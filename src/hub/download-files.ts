import { datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { BackendError } from "../errors.ts";
import type { RepositoryCache } from "./cache.ts";
import { checkFreeSpace } from "./disk-space.ts";
import { downloadBlob, type RemoteFile } from "./download-blob.ts";
import { createHubFetch } from "./hub-fetch.ts";
import { isCommit } from "./model-reference.ts";
import { receivedBytes } from "./partial-file.ts";
import { type RepositoryKind, repositoryPath } from "./repository.ts";
import type { HubSettings } from "./settings.ts";

export interface DownloadProgress {
  /** The file that bytes arrived for last. */
  file: string;
  /** Over all files that were missing in the cache when the download began. */
  doneBytes: number;
  totalBytes: number;
}

export type OnProgress = (progress: DownloadProgress) => void;

/** A repository of the hub and its place in the cache. */
export interface HubRepository {
  kind: RepositoryKind;
  name: string;
  cache: RepositoryCache;
  settings: HubSettings;
}

/** Brings files of a repository into the cache. Failures of the hub come as the errors of `createHubFetch`. */
export interface Downloader {
  /** The commit that a branch, a tag or a commit stands for. */
  commitOf(revision: string): Promise<string>;
  /** The files at the top of a commit and in the folder `within`, or in all folders. */
  list(commit: string, within: { folder: string } | "all"): Promise<Map<string, RemoteFile>>;
  /** Puts the files into the commit's snapshot, all of them once all of them are whole. */
  bring(commit: string, files: readonly RemoteFile[], onProgress?: OnProgress): Promise<void>;
}

/** Files that are downloaded at the same time. */
const lanes = 4;

export function createDownloader({ kind, name, cache, settings }: HubRepository): Downloader {
  const stop = new AbortController();
  const fetch = createHubFetch(settings, { signal: stop.signal });
  const access = { hubUrl: settings.endpoint, fetch };
  return {
    async commitOf(revision) {
      if (isCommit(revision)) {
        return revision;
      }
      const asked = { ...access, name, revision };
      const { sha } =
        kind === "dataset"
          ? await datasetInfo({ ...asked, additionalFields: ["sha"] })
          : await modelInfo({ ...asked, additionalFields: ["sha"] });
      return checkCommit(sha);
    },
    async list(commit, within) {
      const files = new Map<string, RemoteFile>();
      const of = { ...access, repo: { type: kind, name }, revision: commit, recursive: within === "all" };
      const add = async (path?: string): Promise<void> => {
        for await (const entry of listFiles(path === undefined ? of : { ...of, path })) {
          if (entry.type === "file") {
            files.set(entry.path, remoteFile(entry));
          } else if (within !== "all" && path === undefined && entry.path === within.folder) {
            await add(entry.path);
          }
        }
      };
      await add();
      return files;
    },
    async bring(commit, files, onProgress) {
      const unlinked = files.filter((file) => !cache.holdsFile(commit, file.path, file.size));
      const missing = distinct(unlinked.filter(({ etag, size }) => !cache.holdsBlob(etag, size)));
      checkFreeSpace(
        missing.reduce((sum, { etag, size }) => sum + size - receivedBytes(cache.blobs, etag), 0),
        cache.blobs,
        `${name}@${commit}`,
      );
      const done = new Map(missing.map(({ etag }) => [etag, 0]));
      const totalBytes = missing.reduce((sum, { size }) => sum + size, 0);
      await inLanes(missing, stop, (file) =>
        downloadBlob({
          url: `${settings.endpoint}/${repositoryPath(kind, name)}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`,
          file,
          cache,
          settings,
          fetch,
          signal: stop.signal,
          onBytes: (bytes) => {
            done.set(file.etag, bytes);
            const doneBytes = [...done.values()].reduce((sum, each) => sum + each, 0);
            onProgress?.({ file: file.path, doneBytes, totalBytes });
          },
        }),
      );
      for (const { path: file, etag } of unlinked) {
        cache.link(commit, file, etag);
      }
    },
  };
}

function checkCommit(commit: unknown): string {
  if (typeof commit !== "string" || !isCommit(commit)) {
    throw new BackendError(`the hub names ${JSON.stringify(commit)} as commit; check HF_ENDPOINT`);
  }
  return commit;
}

/** Checksums become file names, so nothing but a checksum may pass. */
function remoteFile(entry: {
  path: string;
  size: number;
  oid?: string;
  lfs?: { oid: string; size: number };
}): RemoteFile {
  const { path: file, lfs } = entry;
  const { oid: etag = "", size } = lfs ?? entry;
  if (!(lfs ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(etag) || !Number.isSafeInteger(size) || size < 0) {
    throw new BackendError(
      `the hub lists ${JSON.stringify(file)} with the checksum ${JSON.stringify(etag)} and ${size} bytes, which cannot be; check HF_ENDPOINT`,
    );
  }
  return { path: file, size, etag, algorithm: lfs ? "sha256" : "git-sha1" };
}

/** Files with the same content are downloaded once. */
function distinct(files: readonly RemoteFile[]): RemoteFile[] {
  return [...new Map(files.map((file) => [file.etag, file])).values()];
}

/** Works on several items at a time; the first failure stops the others and is thrown once they have ended. */
async function inLanes<T>(
  items: readonly T[],
  stop: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined && !failure; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure) {
    throw failure.error;
  }
}
