import { DataError } from "../errors.ts";
import { type CsvRecord, readRecord } from "./csv-record.ts";
import { readPiece, skipByteOrderMark } from "./lines.ts";
import { type OpenedFile, withFile } from "./opened-file.ts";
import type { Mark, ReadRow, RowBatch, RowFormat } from "./row-format.ts";

const delimiters = [",", ";", "\t"] as const;

/**
 * CSV with a header line that names the columns; every value is text. Comma, semicolon or tab part the fields, whichever
 * stands in the header most often. A mark is a position in bytes, and the rows and lines before it.
 */
export const csvFormat: RowFormat = {
  batches: (path, _options, from) =>
    withFile(path, function* (file) {
      const header = readHeader(file);
      if (header !== null) {
        yield* readRows(file, header, from ?? [header.end, 0, header.lines]);
      }
    }),
};

interface Header {
  names: readonly string[];
  delimiter: number;
  end: number;
  lines: number;
}

function* readRows(file: OpenedFile, { names, delimiter }: Header, from: Mark): Generator<RowBatch> {
  let [position, number, line] = from;
  while (position < file.size) {
    const mark = [position, number, line];
    const rows: ReadRow[] = [];
    const piece = readPiece(file, position, (bytes, isLast) => {
      // An attempt with too few bytes has found no record.
      let next = 0;
      while (next < bytes.length) {
        const record = readRecord(bytes, next, delimiter, isLast);
        if (record === null) {
          break;
        }
        if (!isBlank(record)) {
          number += 1;
          rows.push(toRow(names, record, number, line + 1));
        }
        next = record.end;
        line += record.lines;
      }
      return next;
    });
    position += piece.length;
    yield { mark, rows };
  }
}

const isBlank = ({ fields, fault }: CsvRecord): boolean =>
  fault === null && fields.length === 1 && fields[0] === "";

function toRow(
  names: readonly string[],
  { fields, fault }: CsvRecord,
  number: number,
  line: number,
): ReadRow {
  const count = `${fields.length} fields where the header names ${names.length}`;
  const reason = fault ?? (fields.length === names.length ? null : count);
  return reason === null
    ? { number, columns: Object.fromEntries(names.map((name, index) => [name, fields[index]])) }
    : { number, reason: `line ${line}: ${reason}` };
}

/** Null for an empty file. */
function readHeader(file: OpenedFile): Header | null {
  const start = skipByteOrderMark(file);
  let found: { record: CsvRecord; delimiter: number } | null = null;
  readPiece(file, start, (bytes, isLast) => {
    const candidates = delimiters.map((text) => {
      const delimiter = text.charCodeAt(0);
      return { record: readRecord(bytes, 0, delimiter, isLast), delimiter };
    });
    const widest = candidates.reduce((best, other) =>
      widthOf(other.record) > widthOf(best.record) ? other : best,
    );
    found = widest.record === null ? null : { record: widest.record, delimiter: widest.delimiter };
    return found === null ? 0 : bytes.length;
  });
  const header = found as { record: CsvRecord; delimiter: number } | null;
  if (header === null || file.size === start) {
    return null;
  }
  const { fields: names, fault, end, lines } = header.record;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (fault !== null || twice !== undefined) {
    const reason = fault ?? `two columns are called ${JSON.stringify(twice)}`;
    throw new DataError(`${file.path} line 1: ${reason}; the first line has to name the columns`);
  }
  return { names, delimiter: header.delimiter, end: start + end, lines };
}

/** Fields of a record; one that the wrong delimiter breaks has none. */
const widthOf = (record: CsvRecord | null): number =>
  record === null || record.fault !== null ? 0 : record.fields.length;
