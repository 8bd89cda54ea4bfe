import { DataError } from "../errors.ts";
import type { OpenedFile } from "./opened-file.ts";
import type { Mark } from "./row-format.ts";
import { textOf } from "./utf8.ts";

/** Bytes of a file that are looked at together. */
const pieceBytes = 1 << 18;
/** Longer than any text that Node can hold. */
const longestRow = 2 ** 29;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Lines of a file, counted from 1. */
export interface LineBatch {
  /** Position in bytes and number of the lines before. */
  mark: Mark;
  lines: readonly { number: number; text: string | null; isWhole: boolean }[];
}

/**
 * The lines of a UTF-8 file without line ends (LF or CRLF) and byte order mark; `text` is null where a line is not UTF-8, and
 * `isWhole` false for a last line without line end.
 */
export function* readLines(file: OpenedFile, from: Mark | undefined): Generator<LineBatch> {
  let [position, number] = from ?? [skipByteOrderMark(file), 0];
  while (position < file.size) {
    const mark = [position, number];
    const piece = readPiece(file, position, (bytes, isLast) =>
      isLast ? bytes.length : bytes.lastIndexOf(lineFeed) + 1,
    );
    const lines: { number: number; text: string | null; isWhole: boolean }[] = [];
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(lineFeed, start);
      const end = found < 0 ? piece.length : found;
      const textEnd = end > start && piece[end - 1] === carriageReturn ? end - 1 : end;
      lines.push({ number: ++number, text: textOf(piece, start, textEnd), isWhole: found >= 0 });
      start = end + 1;
    }
    position += piece.length;
    yield { mark, lines };
  }
}

/**
 * The bytes from `position` on that hold whole rows: `wholeBytes` says how many of some bytes do. Its answer depends on
 * the position alone, so that reading again from a mark gives the same pieces.
 */
export function readPiece(
  file: OpenedFile,
  position: number,
  wholeBytes: (bytes: Buffer, isLast: boolean) => number,
): Buffer {
  for (let length = pieceBytes; ; length *= 2) {
    const bytes = file.read(position, length);
    const isLast = position + bytes.length >= file.size;
    const whole = wholeBytes(bytes, isLast);
    if (whole > 0 || isLast) {
      return bytes.subarray(0, whole);
    }
    if (length >= longestRow) {
      throw new DataError(
        `${file.path}: the row at byte ${position} is longer than ${longestRow} bytes; is the format right?`,
      );
    }
  }
}

/** Where the text of a file begins. Throws DataError for UTF-16. */
export function skipByteOrderMark(file: OpenedFile): number {
  const [first, second, third] = file.read(0, 3);
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new DataError(`${file.path}: the file is UTF-16; convert it to UTF-8`);
  }
  return first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
}
