import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ModelError } from "../errors.ts";
import {
  adapterConfigFile,
  adapterWeightsFile,
  configFile,
  moreTemplatesFolder,
  weightsFile,
  weightsIndexFile,
} from "../model-files.ts";
import { openCache, type RepositoryCache } from "./cache.ts";
import { chooseFiles, shardsOf } from "./choose-files.ts";
import { createDownloader, type OnProgress } from "./download-files.ts";
import { hubFailure } from "./hub-failure.ts";
import { formatModelReference, isCommit, type ModelReference } from "./model-reference.ts";
import type { HubSettings } from "./settings.ts";

/** A model or an adapter of the hub in the cache. */
export interface DownloadedModel {
  /** A model folder, or one of an adapter. */
  folder: string;
  /** With the commit as its revision. */
  reference: ModelReference;
}

export interface DownloadOptions {
  onProgress?: OnProgress;
}

const mainBranch = "main";

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
  const cache = openCache(settings.cacheFolder, "model", reference.name);
  if (settings.offline) {
    return findInCache(reference, cache, settings);
  }
  try {
    return await download(reference, cache, settings, options);
  } catch (error) {
    throw hubFailure(error, reference, settings);
  }
}

function findInCache(
  reference: ModelReference,
  cache: RepositoryCache,
  settings: HubSettings,
): DownloadedModel {
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
  if (!lacks(adapterConfigFile)) {
    return lacks(adapterWeightsFile) ? adapterWeightsFile : null;
  }
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
  cache: RepositoryCache,
  settings: HubSettings,
  { onProgress }: DownloadOptions,
): Promise<DownloadedModel> {
  const downloader = createDownloader({ kind: "model", name, cache, settings });
  const wanted = revision ?? mainBranch;
  const commit = await downloader.commitOf(wanted);
  const listed = await downloader.list(commit, { folder: moreTemplatesFolder });
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
    await downloader.bring(commit, [index]);
    const where = path.join(folder, weightsIndexFile);
    chosen.push(...shardsOf(readFileSync(where, "utf8"), where).map(remote));
  }
  // The weights come last, so that a snapshot with weights is whole wherever this process is killed.
  await downloader.bring(commit, chosen, onProgress);
  if (!isCommit(wanted)) {
    cache.writeRef(wanted, commit);
  }
  return { folder, reference: { name, revision: commit } };
}
