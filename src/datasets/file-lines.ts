import { closeSync, openSync, readSync } from "node:fs";
import { DataError, errorMessage } from "../errors.ts";

const chunkBytes = 1 << 16;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Splits on line feeds as bytes arrive, so that a file larger than memory can be read line by line. */
function* byteLines(descriptor: number, file: string): Generator<Buffer> {
  const chunk = Buffer.alloc(chunkBytes);
  let pending: Buffer[] = [];
  while (true) {
    let count: number;
    try {
      count = readSync(descriptor, chunk, 0, chunkBytes, null);
    } catch (error) {
      throw new DataError(`cannot read ${file}: ${errorMessage(error)}`);
    }
    if (count === 0) {
      break;
    }
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0 && end < count; end = chunk.indexOf(lineFeed, start)) {
      yield Buffer.concat([...pending, chunk.subarray(start, end)]);
      pending = [];
      start = end + 1;
    }
    pending.push(Buffer.from(chunk.subarray(start, count)));
  }
  const last = Buffer.concat(pending);
  if (last.length > 0) {
    yield last;
  }
}

/** The lines of a UTF-8 file, without line ends (LF or CRLF) and byte order mark. Throws DataError with file and line. */
export function* fileLines(file: string): Generator<string> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new DataError(
      missing
        ? `${file}: there is no such file; paths are relative to the working directory`
        : `cannot open ${file}: ${errorMessage(error)}`,
    );
  }
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let line = 0;
    for (const bytes of byteLines(descriptor, file)) {
      line++;
      const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
      let text: string;
      try {
        text = decoder.decode(bytes.subarray(0, end));
      } catch {
        throw new DataError(`${file} line ${line}: not valid UTF-8; convert the file to UTF-8`);
      }
      yield text;
    }
  } finally {
    closeSync(descriptor);
  }
}
