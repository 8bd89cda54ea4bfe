import { DataError } from "../errors.ts";
import type { DataFile } from "./data-files.ts";
import type { DataSource } from "./data-source.ts";
import { formats } from "./formats.ts";
import type { BrokenRow, Columns, Row } from "./row.ts";
import { createRowFilter, watchColumns } from "./row-filter.ts";
import type { Mark, ReadRow } from "./row-format.ts";

/** What of a source says which rows are read and how, once its files are known. */
export type RowSelection = Pick<DataSource, "key" | "columns" | "filter" | "onBrokenRow">;

/** A piece of a file and the rows of it that pass the filter. */
export interface KeptRows {
  file: number;
  mark: Mark;
  rows: readonly { row: Row; index: number }[];
  /** Rows of the piece that cannot be read. */
  broken: readonly BrokenRow[];
}

/** Reads the rows of files, renamed and filtered. */
export interface RowReader {
  /** From the beginning of a file or a mark in it to the end of that file. Throws DataError. */
  pieces(file: number, from?: Mark): Generator<KeptRows>;
  /** Once all is read: throws DataError for a column of the filter that no row had. */
  checkFilter(): void;
}

export function createRowReader(files: readonly DataFile[], selection: RowSelection): RowReader {
  const { key, filter, onBrokenRow } = selection;
  const passes = createRowFilter(filter);
  const watch = watchColumns(filter);
  const names = Object.entries(selection.columns);
  return {
    checkFilter: () => watch.check(files.map(({ path }) => path).join(", ")),
    *pieces(file, from) {
      const { path, format } = files[file];
      let isChecked = names.length === 0;
      for (const { mark, rows: read } of formats[format].batches(path, { key }, from)) {
        const rows: KeptRows["rows"][number][] = [];
        const broken: BrokenRow[] = [];
        read.forEach((one, index) => {
          if ("reason" in one) {
            refuseBroken(path, one, onBrokenRow);
            broken.push({ file: path, ...one });
            return;
          }
          if (!isChecked) {
            checkNames(path, one, names);
            isChecked = true;
          }
          const columns = rename(one.columns, names);
          watch.see(columns);
          if (passes(columns)) {
            rows.push({ row: { file: path, number: one.number, columns }, index });
          }
        });
        yield { file, mark, rows, broken };
      }
    },
  };
}

function refuseBroken(
  path: string,
  { number, reason }: Extract<ReadRow, { reason: string }>,
  onBrokenRow: RowSelection["onBrokenRow"],
): void {
  if (onBrokenRow === "fatal") {
    throw new DataError(
      `${path} row ${number}: ${reason}; or set "onBrokenRow" to "skip" to leave such rows out`,
    );
  }
}

/** A column that the first row of a file lacks is misspelt more likely than missing. */
function checkNames(
  path: string,
  { number, columns }: { number: number; columns: Columns },
  names: readonly [string, string][],
): void {
  const wrong = names.find(([, old]) => !Object.hasOwn(columns, old));
  if (wrong !== undefined) {
    const present = Object.keys(columns).join(", ") || "none";
    throw new DataError(
      `${path} row ${number}: column "${wrong[1]}", which "columns" calls "${wrong[0]}", is missing (columns: ${present})`,
    );
  }
}

function rename(columns: Columns, names: readonly [string, string][]): Columns {
  if (names.length === 0) {
    return columns;
  }
  const renamed: Record<string, unknown> = { ...columns };
  for (const [, old] of names) {
    delete renamed[old];
  }
  for (const [name, old] of names) {
    renamed[name] = columns[old] ?? null;
  }
  return renamed;
}
