export const formatNames = ["json", "jsonl", "csv", "parquet", "arrow", "text"] as const;

export type FormatName = (typeof formatNames)[number];

/** Formats by the ends of file names, without the dot. */
export const formatOfExtension: Readonly<Record<string, FormatName>> = {
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
  tsv: "csv",
  parquet: "parquet",
  arrow: "arrow",
  txt: "text",
};
