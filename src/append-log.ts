import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { syncPath, writeDurably, writing } from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";

/** Appends to a file of JSON Lines: an entry is on the disk before `append` returns. */
export interface AppendLog<Entry> {
  append(entry: Entry): void;
  close(): void;
}

/** What the lines of a log are. */
export interface LogFormat<Entry> {
  /** With its article, for errors: `an event`. */
  noun: string;
  /** The entry in the JSON value of a line, or null if it is none. */
  parse: (value: unknown) => Entry | null;
}

/** Opens or begins a log. A last line that a killed process left unfinished is cut off first. */
export function openAppendLog<Entry>(file: string, format: LogFormat<Entry>): AppendLog<Entry> {
  let whole = 0;
  for (const { end } of readPlacedEntries(file, format)) {
    whole = end;
  }
  const descriptor = writing(file, () => {
    const opened = openSync(file, "a");
    ftruncateSync(opened, whole);
    syncPath(path.dirname(file));
    return opened;
  });
  return {
    append(entry) {
      writing(file, () => writeDurably(descriptor, [Buffer.from(`${JSON.stringify(entry)}\n`)]));
    },
    close: () => closeSync(descriptor),
  };
}

/**
 * The entries of a log as it stands, one after another, without a torn last line; none where there is no file. Throws
 * CheckpointError for any other line that is no entry.
 */
export function* readAppendLog<Entry>(file: string, format: LogFormat<Entry>): Generator<Entry> {
  for (const { entry } of readPlacedEntries(file, format)) {
    yield entry;
  }
}

/** Entries with the position behind their lines. */
function* readPlacedEntries<Entry>(
  file: string,
  { noun, parse }: LogFormat<Entry>,
): Generator<{ entry: Entry; end: number }> {
  if (!existsSync(file)) {
    return;
  }
  for (const { text, number, end, isLast } of readWholeLines(file)) {
    const entry = parse(parseJson(text));
    if (entry === null) {
      if (isLast) {
        return;
      }
      throw new CheckpointError(
        `${file}: line ${number} is not ${noun}, though it is not the last line; restore the file or remove that line`,
      );
    }
    yield { entry, end };
  }
}

const bytesAtOnce = 2 ** 20;
const lineFeed = 0x0a;

interface Line {
  text: string;
  /** Counted from 1. */
  number: number;
  /** Position in bytes behind the line. */
  end: number;
  /** Nothing at all stands behind it. */
  isLast: boolean;
}

function* readWholeLines(file: string): Generator<Line> {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    let position = 0;
    let start = 0;
    let number = 0;
    let pieces: Buffer[] = [];
    while (position < size) {
      const buffer = Buffer.alloc(Math.min(bytesAtOnce, size - position));
      const bytes = buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, position));
      if (bytes.length === 0) {
        return;
      }
      position += bytes.length;
      let used = 0;
      for (let found = bytes.indexOf(lineFeed); found >= 0; found = bytes.indexOf(lineFeed, used)) {
        const line = Buffer.concat([...pieces, bytes.subarray(used, found)]);
        pieces = [];
        used = found + 1;
        start += line.length + 1;
        number += 1;
        yield { text: line.toString("utf8"), number, end: start, isLast: start === size };
      }
      pieces.push(bytes.subarray(used));
    }
  } finally {
    closeSync(descriptor);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
