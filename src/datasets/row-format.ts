import type { Columns } from "./row.ts";

/** A place in a file from which reading can begin again: numbers whose meaning is the format's own. */
export type Mark = readonly number[];

/** A row as a format reads it; `reason` says what is wrong with one that cannot be read. */
export type ReadRow = { number: number; columns: Columns } | { number: number; reason: string };

export interface RowBatch {
  /** Where this batch begins. */
  mark: Mark;
  rows: readonly ReadRow[];
}

export interface ReadOptions {
  /** Key of a JSON file whose value is the list of rows. */
  key?: string | undefined;
}

/** One way to store rows in a file. */
export interface RowFormat {
  /**
   * The rows of a file in order, a bounded piece of the file at a time. Reading from the mark of a batch gives that batch
   * and those behind it again. Throws DataError where the file, and not just a row of it, cannot be read.
   */
  batches(file: string, options: ReadOptions, from?: Mark): Generator<RowBatch>;
}
