import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DataError } from "../errors.ts";
import { openCache, type RepositoryCache } from "./cache.ts";
import { createDownloader, type Downloader, type OnProgress } from "./download-files.ts";
import { hubFailure } from "./hub-failure.ts";
import { formatModelReference, isCommit, type ModelReference } from "./model-reference.ts";
import type { HubSettings } from "./settings.ts";

/** A data set of the hub in the cache. */
export interface DownloadedDataset {
  /** The chosen files, in order. */
  files: string[];
  /** With the commit as its revision. */
  reference: ModelReference;
}

export interface DatasetOptions {
  /** The wanted files among those of the repository, given the text of its README.md; null where it holds no rows. */
  choose: (files: readonly string[], card: string | null) => string[] | null;
  onProgress?: OnProgress;
}

const mainBranch = "main";
/** Where the hub keeps copies in Parquet of data sets in other forms. */
const convertedBranch = "refs/convert/parquet";
const cardFile = "README.md";

/**
 * Brings files of a data set into the cache, or finds them there, where the settings forbid to ask the hub. A repository
 * without rows of its own gives the copies that the hub made. Throws DataError for a data set that is not there, not
 * accessible, not cached or has no rows, what `choose` throws, BackendError if the hub fails, and CheckpointError if the
 * disk does.
 */
export async function downloadDataset(
  reference: ModelReference,
  settings: HubSettings,
  options: DatasetOptions,
): Promise<DownloadedDataset> {
  const { name, revision } = reference;
  const cache = openCache(settings.cacheFolder, "dataset", name);
  const downloader = settings.offline ? null : createDownloader({ kind: "dataset", name, cache, settings });
  const from = (wanted: string) =>
    downloader === null
      ? findInCache(reference, wanted, cache, settings, options)
      : bring(downloader, name, wanted, cache, options);
  try {
    const found =
      (await from(revision ?? mainBranch)) ?? (revision === null ? await from(convertedBranch) : null);
    if (found === null) {
      throw new DataError(
        `${formatModelReference(reference)}: this repository holds no file of rows (parquet, jsonl, json, csv or arrow); choose another, or another revision`,
      );
    }
    return found;
  } catch (error) {
    throw hubFailure(error, reference, settings, "dataset");
  }
}

async function bring(
  downloader: Downloader,
  name: string,
  wanted: string,
  cache: RepositoryCache,
  { choose, onProgress }: DatasetOptions,
): Promise<DownloadedDataset | null> {
  const commit = await downloader.commitOf(wanted);
  const listed = await downloader.list(commit, "all");
  const card = listed.get(cardFile);
  if (card !== undefined) {
    await downloader.bring(commit, [card]);
  }
  const folder = cache.snapshot(commit);
  const chosen = choose([...listed.keys()].sort(), readCard(folder));
  if (chosen !== null) {
    await downloader.bring(
      commit,
      chosen.map((file) => listed.get(file)!),
      onProgress,
    );
  }
  if (!isCommit(wanted)) {
    cache.writeRef(wanted, commit);
  }
  return chosen === null ? null : located(folder, chosen, name, commit);
}

function findInCache(
  reference: ModelReference,
  wanted: string,
  cache: RepositoryCache,
  { cacheFolder }: HubSettings,
  { choose }: DatasetOptions,
): DownloadedDataset | null {
  const commit = isCommit(wanted) ? wanted : cache.readRef(wanted);
  const fail = (reason: string) =>
    new DataError(
      `${formatModelReference(reference)}: HF_HUB_OFFLINE is set and ${reason}; unset it once to download the data set`,
    );
  if (commit === null || !existsSync(cache.snapshot(commit))) {
    throw fail(`the cache ${cacheFolder} does not hold this data set`);
  }
  const folder = cache.snapshot(commit);
  const present = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => existsSync(path.join(folder, file)))
    .sort();
  const chosen = choose(present, readCard(folder));
  const lacking = chosen === null ? undefined : missingShard(chosen);
  if (lacking !== undefined) {
    throw fail(`${folder} lacks ${lacking}`);
  }
  return chosen === null ? null : located(folder, chosen, reference.name, commit);
}

/** The first file that is missing of those whose names say how many there are. */
function missingShard(files: readonly string[]): string | undefined {
  const has = new Set(files);
  return files
    .flatMap((file) => {
      const [, before, count, after] = /^(.*)-\d{5}-of-(\d{5})(.*)$/.exec(file) ?? [];
      return Array.from(
        { length: Number(count ?? 0) },
        (_, index) => `${before}-${String(index).padStart(5, "0")}-of-${count}${after}`,
      );
    })
    .find((file) => !has.has(file));
}

function readCard(folder: string): string | null {
  const file = path.join(folder, cardFile);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function located(folder: string, files: readonly string[], name: string, commit: string): DownloadedDataset {
  return { files: files.map((file) => path.join(folder, file)), reference: { name, revision: commit } };
}
