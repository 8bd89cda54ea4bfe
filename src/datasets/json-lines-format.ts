import { jsonRow } from "./json-row.ts";
import { readLines } from "./lines.ts";
import { withFile } from "./opened-file.ts";
import type { ReadRow, RowFormat } from "./row-format.ts";

/** JSON Lines: one object a line; blank lines hold no row but count. */
export const jsonLinesFormat: RowFormat = {
  batches: (path, _options, from) =>
    withFile(path, function* (file) {
      for (const { mark, lines } of readLines(file, from)) {
        const rows: ReadRow[] = [];
        for (const { number, text, isWhole } of lines) {
          if (text === null || text.trim() !== "") {
            rows.push(rowOf(number, text, isWhole));
          }
        }
        yield { mark, rows };
      }
    }),
};

function rowOf(number: number, text: string | null, isWhole: boolean): ReadRow {
  const row = jsonRow(number, text);
  return "reason" in row && !isWhole
    ? { number, reason: `${row.reason} (the file ends here, perhaps within the row)` }
    : row;
}
