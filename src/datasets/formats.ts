import { arrowFormat } from "./arrow/arrow-format.ts";
import { csvFormat } from "./csv-format.ts";
import { jsonFormat } from "./json-format.ts";
import { jsonLinesFormat } from "./json-lines-format.ts";
import { parquetFormat } from "./parquet/parquet-format.ts";
import type { RowFormat } from "./row-format.ts";
import { textFormat } from "./text-format.ts";

export const formatNames = ["json", "jsonl", "csv", "parquet", "arrow", "text"] as const;

export type FormatName = (typeof formatNames)[number];

export const formats: Readonly<Record<FormatName, RowFormat>> = {
  json: jsonFormat,
  jsonl: jsonLinesFormat,
  csv: csvFormat,
  parquet: parquetFormat,
  arrow: arrowFormat,
  text: textFormat,
};

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
