import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DataError, errorMessage } from "../errors.ts";
import { statIfPresent } from "../missing-path.ts";
import { chooseDataFiles } from "./choose-data-files.ts";
import type { DataSource } from "./data-source.ts";
import { detectFormat } from "./detect-format.ts";
import type { FormatName } from "./format-names.ts";

/** A file of rows on this machine. */
export interface DataFile {
  path: string;
  format: FormatName;
}

type Wanted = Pick<DataSource, "path" | "format" | "config" | "split">;

/**
 * The files of a source on this machine, in the order in which they are read: a file, a folder that `datasets` saved
 * (`save_to_disk`), or a folder of files that are chosen by config and split as on the hub. Throws DataError.
 */
export function locateDataFiles({ path: given, ...wanted }: Wanted): DataFile[] {
  return [given].flat().flatMap((one) => locate(one, wanted));
}

function locate(place: string, wanted: Omit<Wanted, "path">): DataFile[] {
  const stats = statIfPresent(place);
  if (stats === undefined) {
    throw new DataError(`${place}: there is no such file; paths are relative to the working directory`);
  }
  if (!stats.isDirectory()) {
    return [{ path: place, format: wanted.format ?? detectFormat(place) }];
  }
  const saved = savedFiles(place, wanted.split);
  if (saved !== null) {
    return saved.map((file) => ({ path: file, format: "arrow" }));
  }
  const names = readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
  const card = names.includes("README.md") ? readFileSync(path.join(place, "README.md"), "utf8") : null;
  const chosen = chooseDataFiles(place, names, card, wanted);
  if (chosen === null) {
    const format = wanted.format === undefined ? "" : ` in the format ${wanted.format}`;
    throw new DataError(
      `${place}: the folder holds no file of rows${format} (parquet, jsonl, json, csv or arrow); name the files`,
    );
  }
  return chosen.map((name) => {
    const file = path.join(place, name);
    return { path: file, format: wanted.format ?? detectFormat(file) };
  });
}

/** The files of a folder that `save_to_disk` wrote, of one data set or one split of several; null for any other folder. */
function savedFiles(folder: string, split: string | undefined): string[] | null {
  const parts = readJson(path.join(folder, "dataset_dict.json"));
  if (parts !== null) {
    const splits = Array.isArray(parts.splits) ? parts.splits.map(String) : [];
    const chosen = split ?? (splits.length === 1 ? splits[0] : splits.find((name) => name === "train"));
    if (chosen === undefined || !splits.includes(chosen)) {
      const what = chosen === undefined ? "it has several splits" : `it has no split "${chosen}"`;
      throw new DataError(`${folder}: ${what}; set split to one of: ${splits.join(", ")}`);
    }
    return savedFiles(path.join(folder, chosen), undefined);
  }
  const state = readJson(path.join(folder, "state.json"));
  if (state === null || !Array.isArray(state._data_files)) {
    return null;
  }
  return state._data_files.map((entry: { filename?: unknown }) => path.join(folder, String(entry?.filename)));
}

function readJson(file: string): Record<string, unknown> | null {
  if (!statIfPresent(file)?.isFile()) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" ? (value as Record<string, unknown> | null) : null;
  } catch (error) {
    throw new DataError(`${file}: not valid JSON (${errorMessage(error)}); save the data set again`);
  }
}
