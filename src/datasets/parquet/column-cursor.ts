import type { DecodedArray } from "hyparquet";
import type { OpenedFile } from "../opened-file.ts";
import { decodeDictionary, decodeRows, type PageRows } from "./decode-page.ts";
import type { LeafColumn } from "./leaf-column.ts";
import { createPageReader } from "./page-reader.ts";
import type { Values } from "./values.ts";

/** Walks down one physical column of a row group, a page in memory at a time. */
export interface ColumnCursor {
  /** Rows that can be taken at once; a page is read where there are none. 0 at the end. */
  available(): number;
  take(count: number): ArrayLike<unknown>;
  /** Where the next row is: the position of a page that begins with a row, and the rows to leave out from there on. */
  position(): [page: number, rows: number];
}

/** Rows from one page, and perhaps from the pages that went on with its last row. */
interface Rows {
  values: Values;
  /** The last page that began with a row, and the rows between its beginning and `values`. */
  page: number;
  before: number;
}

/** Far above what writers put into a page; more is a damaged header, which would cost memory before it shows. */
const mostValues = 2 ** 25;

/** From the column's beginning on, or from what `position` gave. Throws Error for what cannot be decoded. */
export function openColumn(file: OpenedFile, column: LeafColumn, from?: [number, number]): ColumnCursor {
  const readPage = createPageReader(file, column.end);
  let dictionary: DecodedArray | undefined;
  let offset = column.start;
  let rows: Rows = { values: [], page: offset, before: 0 };
  let next = 0;
  /** Rows that are whole: the last row of a page may go on in the next one. */
  let complete = 0;
  let following: Rows | null = null;

  const atEnd = (): boolean => offset >= column.end;
  const nextPage = (): { page: PageRows; start: number } | null => {
    while (!atEnd()) {
      const start = offset;
      const { header, bytes, end } = readPage(start);
      offset = end;
      if (header.type === "DICTIONARY_PAGE") {
        dictionary = decodeDictionary(column, header, bytes);
        continue;
      }
      const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
      if (!(count >= 0 && count <= Math.min(column.values, mostValues))) {
        throw new Error(`a page at byte ${start} claims ${count} of ${column.values} values`);
      }
      const page = decodeRows(column, header, bytes, dictionary);
      if (page !== null) {
        return { page, start };
      }
    }
    return null;
  };
  const turnTo = (other: Rows): void => {
    rows = other;
    next = 0;
    complete = rows.values.length - (column.repeats && !atEnd() ? 1 : 0);
  };
  const fill = (): void => {
    while (next >= complete) {
      if (following !== null) {
        turnTo(following);
        following = null;
        continue;
      }
      const read = nextPage();
      if (read === null) {
        complete = rows.values.length;
        return;
      }
      const { page, start } = read;
      if ("rows" in page) {
        following = { values: page.rows, page: start, before: 0 };
        complete = rows.values.length;
        continue;
      }
      if (complete >= rows.values.length) {
        throw new Error(`a page at byte ${start} goes on with a row that never began`);
      }
      const [row] = Array.from(rows.values.slice(complete, complete + 1));
      turnTo({ values: page.goOn(row), page: rows.page, before: rows.before + complete });
    }
  };
  const cursor: ColumnCursor = {
    available() {
      fill();
      return complete - next;
    },
    take(count) {
      const taken = rows.values.slice(next, next + count);
      next += count;
      return taken;
    },
    position() {
      if (next < rows.values.length) {
        return [rows.page, rows.before + next];
      }
      return [following?.page ?? offset, 0];
    },
  };
  if (from !== undefined) {
    const [page, skipped] = from;
    if (page > offset) {
      const first = readPage(offset);
      if (first.header.type === "DICTIONARY_PAGE") {
        dictionary = decodeDictionary(column, first.header, first.bytes);
      }
      offset = page;
    }
    for (let left = skipped; left > 0; ) {
      const count = Math.min(left, cursor.available());
      if (count === 0) {
        break;
      }
      next += count;
      left -= count;
    }
  }
  return cursor;
}
