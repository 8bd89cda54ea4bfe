import path from "node:path";
import { DataError } from "../errors.ts";
import { declaredFiles } from "./data-card.ts";
import { type FormatName, formatOfExtension } from "./format-names.ts";

export interface WantedFiles {
  format?: FormatName | undefined;
  config?: string | undefined;
  split?: string | undefined;
}

/** Files that describe data sets and other things and hold no rows. */
const noRows =
  /(^|\/)(\.[^/]*|dataset_infos?\.json|dataset_dict\.json|state\.json|config\.json|package\.json)(\/|$)/;
/** The copies in Parquet that the hub makes of data sets. */
const converted = /^([^/]+)\/(?:partial-)?([^/]+)\/\d{4}\.parquet$/;
const preference: readonly FormatName[] = ["parquet", "jsonl", "json", "csv", "arrow", "text"];
const splitNames: Readonly<Record<string, string>> = {
  train: "train",
  training: "train",
  validation: "validation",
  valid: "validation",
  dev: "validation",
  val: "validation",
  test: "test",
  testing: "test",
  eval: "test",
  evaluation: "test",
};

/**
 * The files of one config and split among those of a data set, in order: as its card declares them, or else by their
 * names as the hub and `datasets` read them (`CONFIG/`, `SPLIT-00000-of-00002`, `train`, `dev`, `test` as words of a path).
 * Without a split it is the only one, or `train`. Null where no file holds rows. Throws DataError with the names to
 * choose from.
 */
export function chooseDataFiles(
  where: string,
  present: readonly string[],
  card: string | null,
  { format, config, split }: WantedFiles,
): string[] | null {
  const files = ofOneFormat(present, format);
  if (files.length === 0) {
    return null;
  }
  const splits = declaredFiles(where, files, card, config, bySplit) ?? undeclaredFiles(where, files, config);
  const names = [...splits.keys()];
  const chosen = split ?? (names.length === 1 ? names[0] : names.find((name) => name === "train"));
  const found = chosen === undefined ? undefined : splits.get(chosen);
  if (found !== undefined && found.length > 0) {
    return found;
  }
  const what = chosen === undefined ? "it has several splits" : `it has no split "${chosen}"`;
  throw new DataError(`${where}: ${what}; set split to one of: ${names.join(", ")}`);
}

/** The wanted format, or the one that most files have. */
function ofOneFormat(present: readonly string[], wanted: FormatName | undefined): string[] {
  const ofFormat = new Map<FormatName, string[]>();
  for (const file of present) {
    const format = formatOfExtension[path.posix.extname(file).slice(1).toLowerCase()];
    // Text lies beside all kinds of data: licences, lists of requirements.
    if (format !== undefined && !noRows.test(file) && (format !== "text" || wanted === "text")) {
      ofFormat.set(format, [...(ofFormat.get(format) ?? []), file]);
    }
  }
  if (wanted !== undefined) {
    return ofFormat.get(wanted) ?? [];
  }
  const byCount = [...ofFormat].sort(
    ([a, ofA], [b, ofB]) => ofB.length - ofA.length || preference.indexOf(a) - preference.indexOf(b),
  );
  return byCount[0]?.[1] ?? [];
}

function undeclaredFiles(
  where: string,
  files: readonly string[],
  config: string | undefined,
): Map<string, string[]> {
  const copies = files.map((file) => converted.exec(file));
  const configs = new Set(copies.map((match) => match?.[1]));
  if (copies.every((match) => match !== null)) {
    const chosen = config ?? (configs.size === 1 ? [...configs][0] : undefined);
    if (chosen === undefined || !configs.has(chosen)) {
      throw unknownConfig(where, config, [...configs] as string[]);
    }
    return group(files, (file) => {
      const [, ofConfig, split] = converted.exec(file)!;
      return ofConfig === chosen ? split : null;
    });
  }
  if (config === undefined) {
    return bySplit(files);
  }
  const own = files.filter((file) => file.startsWith(`${config}/`));
  if (own.length === 0) {
    const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
    throw unknownConfig(where, config, [...folders]);
  }
  return bySplit(own);
}

/** Files by the split that their names tell; all are `train` where no name tells any. */
function bySplit(files: readonly string[]): Map<string, string[]> {
  const splits = group(files, splitOf);
  return splits.size > 0 ? splits : new Map([["train", [...files]]]);
}

function splitOf(file: string): string | null {
  const shard = /(?:^|\/)([A-Za-z][\w.]*)-\d{5}-of-\d{5}[^/]*$/.exec(file);
  if (shard !== null) {
    return splitNames[shard[1]] ?? shard[1];
  }
  const words = file
    .split("/")
    .reverse()
    .flatMap((part) => part.toLowerCase().split(/[^a-z]+/));
  const word = words.find((one) => Object.hasOwn(splitNames, one));
  return word === undefined ? null : splitNames[word];
}

function group(files: readonly string[], nameOf: (file: string) => string | null): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const name = nameOf(file);
    if (name !== null) {
      groups.set(name, [...(groups.get(name) ?? []), file]);
    }
  }
  return groups;
}

function unknownConfig(where: string, config: string | undefined, known: readonly string[]): DataError {
  const what = config === undefined ? "it has several configs" : `it has no config "${config}"`;
  return new DataError(`${where}: ${what}; set config to one of: ${known.join(", ") || "none"}`);
}
