import { DataError, internalError } from "../errors.ts";
import { shuffledIndices } from "../random.ts";
import { describeBroken } from "./broken-rows.ts";
import type { DataFile } from "./data-files.ts";
import type { DataSource } from "./data-source.ts";
import type { BrokenRow, Row } from "./row.ts";
import type { Mark } from "./row-format.ts";
import { createRowReader } from "./row-reader.ts";

/** The rows of a source by index. In memory are where they lie and the pieces of files that were read last. */
export interface RowTable {
  readonly size: number;
  /** Rows that could not be read and were left out. */
  readonly broken: number;
  at(index: number): Row;
}

export type RowTableSource = Omit<DataSource, "path" | "format" | "config" | "split" | "revision">;

/** Pieces of files (about a quarter of a megabyte, or a page) that stay in memory. */
const keptPieces = 64;

interface Piece {
  file: number;
  mark: Mark;
}

/**
 * Reads every row once, to know where it lies. Throws DataError for files that cannot be read, broken rows unless they
 * are to be skipped, and where no row is left.
 */
export function openRowTable(
  files: readonly DataFile[],
  source: RowTableSource,
  warn: (message: string) => void,
): RowTable {
  const reader = createRowReader(files, source);
  const pieces: Piece[] = [];
  const broken: BrokenRow[] = [];
  let brokenCount = 0;
  // Of each kept row the piece and its place among the kept rows of the piece.
  const pieceOf: number[] = [];
  const placeOf: number[] = [];
  const recent = createRecentRows(({ file, mark }) => {
    const again = reader.pieces(file, mark);
    try {
      return again.next().value?.rows.map(({ row }: { row: Row }) => row) ?? [];
    } finally {
      again.return(undefined);
    }
  });
  for (const [file] of files.entries()) {
    for (const { mark, rows, broken: found } of reader.pieces(file)) {
      broken.push(...found.slice(0, 3 - broken.length));
      brokenCount += found.length;
      rows.forEach((_, place) => {
        pieceOf.push(pieces.length);
        placeOf.push(place);
      });
      if (rows.length > 0) {
        recent.put(
          pieces.length,
          rows.map(({ row }) => row),
        );
        pieces.push({ file, mark });
      }
    }
  }
  reader.checkFilter();
  if (brokenCount > 0) {
    warn(describeBroken(broken, brokenCount));
  }
  const order = chooseRows(pieceOf.length, source);
  if (order.length === 0) {
    throw new DataError(
      `${files.map(({ path }) => path).join(", ")} has no rows${whyNone(source, brokenCount)}`,
    );
  }
  return {
    size: order.length,
    broken: brokenCount,
    at(index) {
      if (!(index >= 0 && index < order.length)) {
        throw internalError(`row ${index} of ${order.length}`);
      }
      const kept = order[index];
      const piece = pieceOf[kept];
      return recent.get(piece, pieces[piece])[placeOf[kept]];
    },
  };
}

/** Shuffled, sharded and limited, in this order. */
function chooseRows(size: number, { shuffle, shard, limit }: RowTableSource): Uint32Array {
  const all =
    shuffle === undefined
      ? Uint32Array.from({ length: size }, (_, index) => index)
      : shuffledIndices(size, shuffle);
  const own = shard === undefined ? all : all.filter((_, index) => index % shard.of === shard.index);
  return own.subarray(0, limit);
}

function whyNone({ filter, shard }: RowTableSource, broken: number): string {
  const reasons = [
    ...(filter.length > 0 ? ["the filter"] : []),
    ...(shard === undefined ? [] : ["the shard"]),
    ...(broken > 0 ? [`${broken} broken rows`] : []),
  ];
  return reasons.length === 0 ? "" : ` left after ${reasons.join(" and ")}`;
}

interface RecentRows {
  put(piece: number, rows: readonly Row[]): void;
  get(piece: number, about: Piece): readonly Row[];
}

/** The rows of the pieces that were used last; others are read again. */
function createRecentRows(read: (piece: Piece) => readonly Row[]): RecentRows {
  const rowsOf = new Map<number, readonly Row[]>();
  const put = (piece: number, rows: readonly Row[]): void => {
    rowsOf.delete(piece);
    rowsOf.set(piece, rows);
    if (rowsOf.size > keptPieces) {
      rowsOf.delete(rowsOf.keys().next().value!);
    }
  };
  return {
    put,
    get(piece, about) {
      const rows = rowsOf.get(piece) ?? read(about);
      put(piece, rows);
      return rows;
    },
  };
}
