import { notUtf8 } from "./json-row.ts";
import { readLines } from "./lines.ts";
import { withFile } from "./opened-file.ts";
import type { ReadRow, RowFormat } from "./row-format.ts";

/** Text: each line is a row with the column `text`; blank lines hold no row but count. */
export const textFormat: RowFormat = {
  batches: (path, _options, from) =>
    withFile(path, function* (file) {
      for (const { mark, lines } of readLines(file, from)) {
        const rows = lines.flatMap(({ number, text }): ReadRow[] => {
          if (text === null) {
            return [{ number, reason: notUtf8 }];
          }
          return text.trim() === "" ? [] : [{ number, columns: { text } }];
        });
        yield { mark, rows };
      }
    }),
};
