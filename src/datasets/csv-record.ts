import { textOf } from "./utf8.ts";

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** One record of a CSV file; `fault` says what is wrong with it. */
export interface CsvRecord {
  fields: string[];
  fault: string | null;
  /** Behind its line end. */
  end: number;
  /** Lines that it spans. */
  lines: number;
}

/**
 * The record that begins at `start` (RFC 4180: quoted fields hold delimiters, line ends and doubled quotes; LF and CRLF end a
 * record). Null where the bytes end first and more may follow.
 */
export function readRecord(
  bytes: Buffer,
  start: number,
  delimiter: number,
  isLast: boolean,
): CsvRecord | null {
  const fields: string[] = [];
  let fault: string | null = null;
  let lines = 1;
  const addField = (from: number, to: number, isQuoted: boolean): void => {
    const text = textOf(bytes, from, to);
    fault ??= text === null ? "not valid UTF-8; convert the file to UTF-8" : null;
    fields.push(isQuoted ? (text ?? "").replaceAll('""', '"') : (text ?? ""));
  };
  for (let index = start; ; index++) {
    const fieldStart = index;
    if (bytes[index] === quote) {
      const close = closingQuote(bytes, index + 1);
      if (close === null && !isLast) {
        return null;
      }
      fault ??= close === null ? `the quoted field ${fields.length + 1} never ends` : null;
      const end = close ?? bytes.length;
      addField(index + 1, end, true);
      lines += lineFeeds(bytes, index + 1, end);
      index = Math.min(end + 1, bytes.length);
      const text = fieldEnd(bytes, index, delimiter);
      if (text > index && !isLineEnd(bytes, index)) {
        fault ??= `text stands behind the closing quote of field ${fields.length}`;
      }
      index = text;
    } else {
      index = fieldEnd(bytes, index, delimiter);
      const end =
        index > fieldStart && bytes[index] !== delimiter && bytes[index - 1] === carriageReturn
          ? index - 1
          : index;
      addField(fieldStart, end, false);
    }
    if (index >= bytes.length) {
      return isLast ? { fields, fault, end: index, lines } : null;
    }
    if (bytes[index] === lineFeed) {
      return { fields, fault, end: index + 1, lines };
    }
  }
}

/** The next delimiter or line feed, or the end of the bytes. */
function fieldEnd(bytes: Buffer, from: number, delimiter: number): number {
  let index = from;
  while (index < bytes.length && bytes[index] !== delimiter && bytes[index] !== lineFeed) {
    index++;
  }
  return index;
}

/** Null where a doubled quote could still follow. */
function closingQuote(bytes: Buffer, from: number): number | null {
  for (let index = bytes.indexOf(quote, from); index >= 0; index = bytes.indexOf(quote, index + 2)) {
    if (bytes[index + 1] !== quote) {
      return index;
    }
  }
  return null;
}

const isLineEnd = (bytes: Buffer, index: number): boolean =>
  bytes[index] === carriageReturn && (index + 1 === bytes.length || bytes[index + 1] === lineFeed);

function lineFeeds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (
    let index = bytes.indexOf(lineFeed, from);
    index >= 0 && index < to;
    index = bytes.indexOf(lineFeed, index + 1)
  ) {
    count++;
  }
  return count;
}
