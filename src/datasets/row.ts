/** Values of a row by column: JSON values, and bytes as Uint8Array. */
export type Columns = Readonly<Record<string, unknown>>;

/** One row of a data set. */
export interface Row {
  /** The file that holds the row. */
  file: string;
  /** Counted from 1 within the file; the line in files of lines. */
  number: number;
  columns: Columns;
}

/** A row that cannot be read, and why. */
export interface BrokenRow {
  file: string;
  number: number;
  reason: string;
}
