import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { listFiles, modelInfo } from "@huggingface/hub";
import { BackendError, ModelError } from "../errors.ts";
import { configFile, moreTemplatesFolder, weightsFile, weightsIndexFile } from "../model-files.ts";
import { type ModelCache, openModelCache } from "./cache.ts";
import { chooseFiles, shardsOf } from "./choose-files.ts";
import { checkFreeSpace } from "./disk-space.ts";
import { downloadBlob, type RemoteFile } from "./download-blob.ts";
import { hubFailure } from "./hub-failure.ts";
import { createHubFetch } from "./hub-fetch.ts";
import { formatModelReference, isCommit, type ModelReference } from "./model-reference.ts";
import { receivedBytes } from "./partial-file.ts";
import type { HubSettings } from "./settings.ts";

/** A model of the hub in the cache. */
export interface DownloadedModel {
  /** A model folder. */
  folder: string;
  /** With the commit as its revision. */
  reference: ModelReference;
}

export interface DownloadProgress {
  /** The file that bytes arrived for last. */
  file: string;
  /** Over all files that were missing in the cache when the download began. */
  doneBytes: number;
  totalBytes: number;
}

export interface DownloadOptions {
  onProgress?: (progress: DownloadProgress) => void;
}

const mainBranch = "main";
/** Files that are downloaded at the same time. */
const lanes = 4;

/**
 * Brings a model into the cache, or finds it there, where the settings forbid to ask the hub. Throws ModelError for a
 * model that is not there, not accessible, not cached or no model folder, BackendError if the hub fails, and
 * CheckpointError if the disk does.
 */
export async function downloadModel(
  reference: ModelReference,
  settings: HubSettings,
  options: DownloadOptions = {},
): Promise<DownloadedModel> {
  const cache = openModelCache(settings.cacheFolder, reference.name);
  if (settings.offline) {
    return findInCache(reference, cache, settings);
  }
  try {
    return await download(reference, cache, settings, options);
  } catch (error) {
    throw hubFailure(error, reference, settings);
  }
}

function findInCache(reference: ModelReference, cache: ModelCache, settings: HubSettings): DownloadedModel {
  const { name, revision } = reference;
  const wanted = revision ?? mainBranch;
  const commit = isCommit(wanted) ? wanted : cache.readRef(wanted);
  const fail = (reason: string) =>
    new ModelError(
      `${formatModelReference(reference)}: HF_HUB_OFFLINE is set and ${reason}; unset it once to download the model`,
    );
  if (commit === null || !existsSync(cache.snapshot(commit))) {
    throw fail(`the cache ${settings.cacheFolder} does not hold this model`);
  }
  const folder = cache.snapshot(commit);
  const lacking = missingFile(folder);
  if (lacking !== null) {
    throw fail(`${folder} lacks ${lacking}`);
  }
  return { folder, reference: { name, revision: commit } };
}

/** The first file that is missing for a model to be loaded, or null. */
function missingFile(folder: string): string | null {
  const lacks = (file: string) => !existsSync(path.join(folder, file));
  if (lacks(configFile)) {
    return configFile;
  }
  if (!lacks(weightsFile)) {
    return null;
  }
  const index = path.join(folder, weightsIndexFile);
  return lacks(weightsIndexFile)
    ? weightsFile
    : (shardsOf(readFileSync(index, "utf8"), index).find(lacks) ?? null);
}

async function download(
  { name, revision }: ModelReference,
  cache: ModelCache,
  settings: HubSettings,
  { onProgress }: DownloadOptions,
): Promise<DownloadedModel> {
  const stop = new AbortController();
  const fetch = createHubFetch(settings, { signal: stop.signal });
  const access = { hubUrl: settings.endpoint, fetch };
  const wanted = revision ?? mainBranch;
  const commit = isCommit(wanted)
    ? wanted
    : checkCommit((await modelInfo({ ...access, name, revision: wanted, additionalFields: ["sha"] })).sha);
  const listed = await list({ ...access, repo: { type: "model", name }, revision: commit });
  const bring = async (files: readonly RemoteFile[], tell: DownloadOptions["onProgress"]) => {
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
        url: `${settings.endpoint}/${name}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`,
        file,
        cache,
        settings,
        fetch,
        signal: stop.signal,
        onBytes: (bytes) => {
          done.set(file.etag, bytes);
          const doneBytes = [...done.values()].reduce((sum, each) => sum + each, 0);
          tell?.({ file: file.path, doneBytes, totalBytes });
        },
      }),
    );
    // The weights come last, so that a snapshot with weights is whole wherever this process is killed.
    for (const { path: file, etag } of unlinked) {
      cache.link(commit, file, etag);
    }
  };
  const folder = cache.snapshot(commit);
  const remote = (file: string) => {
    const found = listed.get(file);
    if (found === undefined) {
      throw new ModelError(
        `${name}@${commit}: ${weightsIndexFile} names ${file}, which the repository lacks; choose another revision`,
      );
    }
    return found;
  };
  const chosen = chooseFiles(name, [...listed.keys()]).map(remote);
  const index = chosen.find(({ path: file }) => file === weightsIndexFile);
  if (index !== undefined) {
    await bring([index], undefined);
    const where = path.join(folder, weightsIndexFile);
    chosen.push(...shardsOf(readFileSync(where, "utf8"), where).map(remote));
  }
  await bring(chosen, onProgress);
  if (!isCommit(wanted)) {
    cache.writeRef(wanted, commit);
  }
  return { folder, reference: { name, revision: commit } };
}

/** The files at the top of a repository and, where it has more than one chat template, those. */
async function list(of: Parameters<typeof listFiles>[0]): Promise<Map<string, RemoteFile>> {
  const files = new Map<string, RemoteFile>();
  for await (const entry of listFiles(of)) {
    if (entry.type === "file") {
      files.set(entry.path, remoteFile(entry));
    } else if (entry.path === moreTemplatesFolder) {
      for (const [file, remote] of await list({ ...of, path: moreTemplatesFolder })) {
        files.set(file, remote);
      }
    }
  }
  return files;
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
