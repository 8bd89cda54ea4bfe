import { setImmediate as yieldToOthers } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import { hashSeed, shuffledIndices, uniform } from "../random.ts";
import type { DataFile } from "./data-files.ts";
import type { DataSource } from "./data-source.ts";
import type { BrokenRow, Row } from "./row.ts";
import type { Mark } from "./row-format.ts";
import { createRowReader, type RowSelection } from "./row-reader.ts";

/** Rows one after another, in bounded memory whatever the size of the files. */
export interface RowStream extends AsyncIterable<Row> {
  /** Where the stream is, to go on from in another process: JSON. */
  position(): StreamPosition;
  /** Rows so far that could not be read and were left out; those read ahead of a shuffle count too. */
  readonly broken: number;
}

/** A place behind some row of the files' kept rows. */
interface Place {
  /** Counts files in the order of this reading. */
  file: number;
  mark: Mark | null;
  /** Kept rows of the piece at the mark that came before. */
  skip: number;
  /** Kept rows of all files that came before. */
  kept: number;
  broken: number;
}

export interface StreamPosition {
  /** Where the window begins from which rows are being taken. */
  window: Place;
  /** Windows before it, and rows taken from it. */
  windows: number;
  taken: number;
  /** Rows that the split has let through, and rows that were given. */
  passed: number;
  given: number;
}

export interface StreamOptions {
  /** A position of an earlier stream over the same files with the same source and options. */
  from?: StreamPosition | undefined;
  /** Gives every epoch an order of its own where the source shuffles. */
  epoch?: number;
  /** One side of a split: each row is held out with this chance, by the seed and its place in the order of the files. */
  part?: { side: "train" | "heldOut"; share: number; seed: number };
  /** Rows among which a shuffle draws; larger mixes better and takes more memory. */
  window?: number;
  /** Is told of every row that is left out because it cannot be read. */
  onBroken?: (row: BrokenRow) => void;
}

export type StreamSource = RowSelection & Pick<DataSource, "shuffle" | "shard" | "limit">;

const defaultWindow = 10_000;

/**
 * Streams the rows of a source: read, renamed, filtered, split, shuffled, sharded, limited. A shuffle changes the order of
 * the files and the order within windows of `window` rows; a set that fits into one is shuffled evenly. The iterator
 * throws DataError for files and rows that cannot be read.
 */
export function streamRows(
  files: readonly DataFile[],
  source: StreamSource,
  options: StreamOptions = {},
): RowStream {
  const { from, epoch = 0, part, window = defaultWindow, onBroken } = options;
  const { shuffle, shard, limit = Number.POSITIVE_INFINITY } = source;
  if (from !== undefined && from.window.file > files.length) {
    throw new ConfigError(
      `the saved position is in file ${from.window.file + 1} of a source that has ${files.length}; resume with the same files`,
    );
  }
  const seed = hashSeed(shuffle ?? 0, epoch);
  const order =
    shuffle === undefined ? files : [...shuffledIndices(files.length, seed, 0)].map((index) => files[index]);
  const reader = createRowReader(order, source);
  const size = shuffle === undefined ? 1 : window;
  let {
    window: start,
    windows,
    taken,
    passed,
    given,
  } = from ?? {
    window: { file: 0, mark: null, skip: 0, kept: 0, broken: 0 },
    windows: 0,
    taken: 0,
    passed: 0,
    given: 0,
  };
  let broken = start.broken;

  const isWanted = (kept: number): boolean =>
    part === undefined || uniform(part.seed, kept) < part.share === (part.side === "heldOut");

  /** The rows of a window in their order, but for those that were taken before. */
  function* take(rows: readonly Row[], behind: Place): Generator<Row> {
    const drawn = shuffle === undefined ? [0] : shuffledIndices(rows.length, seed, 1, windows);
    for (let next = taken; next < rows.length && given < limit; next++) {
      const isOwn = shard === undefined || passed % shard.of === shard.index;
      taken = next + 1;
      passed += 1;
      given += isOwn ? 1 : 0;
      if (taken === rows.length) {
        start = behind;
        windows += 1;
        taken = 0;
      }
      if (isOwn) {
        yield rows[drawn[next]];
      }
    }
  }

  async function* rows(): AsyncGenerator<Row> {
    let { mark, skip, kept } = start;
    broken = start.broken;
    let behind = start;
    let waiting: Row[] = [];
    for (let file = start.file; file < order.length && given < limit; file++, mark = null) {
      for (const piece of reader.pieces(file, mark ?? undefined)) {
        const before = broken;
        for (const row of piece.broken) {
          onBroken?.(row);
        }
        broken += piece.broken.length;
        for (let index = skip; index < piece.rows.length; index++) {
          if (isWanted(kept)) {
            waiting.push(piece.rows[index].row);
          }
          kept += 1;
          behind = { file, mark: piece.mark, skip: index + 1, kept, broken: before };
          if (waiting.length === size) {
            for (const row of take(waiting, behind)) {
              yield row;
            }
            waiting = [];
          }
        }
        skip = 0;
        if (given >= limit) {
          return;
        }
        await yieldToOthers();
      }
    }
    for (const row of take(waiting, behind)) {
      yield row;
    }
  }

  return {
    [Symbol.asyncIterator]: () => rows(),
    position: () => ({ window: start, windows, taken, passed, given }),
    get broken() {
      return broken;
    },
  };
}
