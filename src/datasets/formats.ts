import { arrowFormat } from "./arrow/arrow-format.ts";
import { csvFormat } from "./csv-format.ts";
import type { FormatName } from "./format-names.ts";
import { jsonFormat } from "./json-format.ts";
import { jsonLinesFormat } from "./json-lines-format.ts";
import { parquetFormat } from "./parquet/parquet-format.ts";
import type { RowFormat } from "./row-format.ts";
import { textFormat } from "./text-format.ts";

export const formats: Readonly<Record<FormatName, RowFormat>> = {
  json: jsonFormat,
  jsonl: jsonLinesFormat,
  csv: csvFormat,
  parquet: parquetFormat,
  arrow: arrowFormat,
  text: textFormat,
};
