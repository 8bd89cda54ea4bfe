import { DataError } from "../errors.ts";
import { jsonRow } from "./json-row.ts";
import { findRows, skipSpace, valueEnd } from "./json-scan.ts";
import { readPiece } from "./lines.ts";
import { type OpenedFile, withFile } from "./opened-file.ts";
import type { Mark, ReadRow, RowBatch, RowFormat } from "./row-format.ts";
import { textOf } from "./utf8.ts";

const comma = 0x2c;
const endOfList = 0x5d;

/** A JSON list of objects, or an object that holds one under a key. A mark is a position in bytes and the rows before it. */
export const jsonFormat: RowFormat = {
  batches: (path, { key }, from) =>
    withFile(path, (file) => readList(file, from ?? [findRows(file, key), 0])),
};

function* readList(file: OpenedFile, from: Mark): Generator<RowBatch> {
  let [position, number] = from;
  for (let atEnd = false; !atEnd; ) {
    const mark = [position, number];
    const rows: ReadRow[] = [];
    const piece = readPiece(file, position, (bytes, isLast) => {
      // An attempt with too few bytes has found no row.
      let next = 0;
      for (;;) {
        const row = nextRow(bytes, next);
        if (row.kind === "row") {
          rows.push(jsonRow(++number, textOf(bytes, row.start, row.end)));
          next = row.next;
        } else if (row.kind === "end") {
          atEnd = true;
          return row.next;
        } else if (row.kind === "wrong") {
          throw new DataError(
            `${file.path} row ${number + 1}: byte ${position + row.at} has ${row.found} where a comma or the end of the list is expected; correct the file`,
          );
        } else if (!isLast) {
          return next;
        } else {
          rows.push({ number: ++number, reason: "the file ends within the list of rows" });
          atEnd = true;
          return bytes.length;
        }
      }
    });
    position += piece.length;
    if (rows.length > 0) {
      yield { mark, rows };
    }
  }
}

type NextRow =
  | { kind: "row"; start: number; end: number; next: number }
  | { kind: "end"; next: number }
  | { kind: "wrong"; at: number; found: string }
  | { kind: "more" };

/** The element that begins at `from`, with the comma behind it, or the end of the list. */
function nextRow(bytes: Buffer, from: number): NextRow {
  const start = skipSpace(bytes, from);
  if (bytes[start] === endOfList) {
    return { kind: "end", next: start + 1 };
  }
  const end = valueEnd(bytes, start);
  const behind = end === null ? bytes.length : skipSpace(bytes, end);
  if (end === null || behind >= bytes.length) {
    return { kind: "more" };
  }
  if (bytes[behind] === comma && end > start) {
    return { kind: "row", start, end, next: behind + 1 };
  }
  return bytes[behind] === endOfList
    ? { kind: "row", start, end, next: behind }
    : { kind: "wrong", at: behind, found: JSON.stringify(bytes.toString("latin1", behind, behind + 1)) };
}
