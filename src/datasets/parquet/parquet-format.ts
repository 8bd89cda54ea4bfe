import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from "hyparquet";
import { assembleNested } from "hyparquet/src/assemble.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { DataError, errorMessage } from "../../errors.ts";
import { type OpenedFile, withFile } from "../opened-file.ts";
import { plainValue } from "../plain-value.ts";
import type { Mark, ReadRow, RowBatch, RowFormat } from "../row-format.ts";
import { type ColumnCursor, openColumn } from "./column-cursor.ts";
import { leafColumns, needsPlainValues } from "./leaf-column.ts";
import { holdsInvalidText, invalidText } from "./text.ts";

const magic = "PAR1";
/** Rows that are made at a time; pages of short rows hold more. */
const batchRows = 1000;

/**
 * Parquet, a page of each column in memory at a time, so that the size of row groups does not matter. A mark is the row
 * group, the rows before it, the rows of it that came before, and for each physical column the two numbers of its position.
 */
export const parquetFormat: RowFormat = {
  batches: (path, _options, from) => withFile(path, (file) => readFile(file, from)),
};

function* readFile(file: OpenedFile, from: Mark | undefined): Generator<RowBatch> {
  const metadata = readMetadata(file);
  const tree = within(file, "the schema", () => parquetSchema(metadata));
  let [group = 0, before = 0] = from ?? [];
  let start = from;
  for (; group < metadata.row_groups.length; group++) {
    yield* readGroup(file, { metadata, tree, group, before }, start);
    before += Number(metadata.row_groups[group].num_rows);
    start = undefined;
  }
}

interface GroupPlace {
  metadata: FileMetaData;
  tree: SchemaTree;
  group: number;
  /** Rows of the file before this group. */
  before: number;
}

function* readGroup(
  file: OpenedFile,
  { metadata, tree, group, before }: GroupPlace,
  from: Mark | undefined,
): Generator<RowBatch> {
  const rowGroup = metadata.row_groups[group];
  const size = Number(rowGroup.num_rows);
  const leaves = within(file, `row group ${group}`, () => leafColumns(tree, rowGroup, file.size));
  const [, , taken = 0, ...positions] = from ?? [];
  const where = (leaf: number) => `row group ${group}, column ${leaves[leaf].name}`;
  const cursors = leaves.map((leaf, index) =>
    within(file, where(index), () =>
      openColumn(file, leaf, from && [positions[2 * index], positions[2 * index + 1]]),
    ),
  );
  const columns = tree.children.map((node) => ({
    node,
    leaves: leaves.flatMap(({ decoder }, index) =>
      decoder.pathInSchema[0] === node.element.name ? [index] : [],
    ),
    isPlain: !needsPlainValues(node),
  }));
  for (let done = taken; done < size; ) {
    const available = cursors.map((cursor, index) => {
      const count = within(file, where(index), () => cursor.available());
      if (count === 0) {
        throw damaged(file, where(index), `ends after ${done} of ${size} rows`);
      }
      return count;
    });
    const count = Math.min(size - done, batchRows, ...available);
    const mark = [group, before, done, ...cursors.flatMap((cursor) => cursor.position())];
    const values = columns.map(({ node, leaves: own, isPlain }) => {
      const column = within(file, `row group ${group}, column ${node.element.name}`, () =>
        takeColumn(
          node,
          own.map((index) => cursors[index]),
          count,
        ),
      );
      return isPlain ? column : Array.from(column, plainValue);
    });
    const names = columns.map(({ node }) => node.element.name);
    yield { mark, rows: toRows(names, values, before + done, count) };
    done += count;
  }
}

function takeColumn(node: SchemaTree, cursors: readonly ColumnCursor[], count: number): ArrayLike<unknown> {
  if (node.children.length === 0) {
    return cursors[0].take(count);
  }
  const paths = leafPaths(node);
  const parts = new Map(cursors.map((cursor, index) => [paths[index], Array.from(cursor.take(count))]));
  assembleNested(parts, node, DEFAULT_PARSERS);
  const column = parts.get(node.path.join("."));
  if (column === undefined || column.length !== count) {
    throw new Error("its parts do not fit together");
  }
  return column;
}

function leafPaths({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [path.join(".")] : children.flatMap(leafPaths);
}

function toRows(
  names: readonly string[],
  values: readonly ArrayLike<unknown>[],
  before: number,
  count: number,
): ReadRow[] {
  const suspicious = names.filter((_, column) => mayHoldInvalidText(values[column], count));
  return Array.from({ length: count }, (_, index) => {
    const number = before + index + 1;
    const columns: Record<string, unknown> = {};
    for (let column = 0; column < names.length; column++) {
      columns[names[column]] = values[column][index];
    }
    const broken = suspicious.find((name) => holdsInvalidText(columns[name]));
    return broken === undefined
      ? { number, columns }
      : { number, reason: `column ${JSON.stringify(broken)} is not valid UTF-8` };
  });
}

/** True for a column with invalid text and for those too deep to tell at a glance. */
function mayHoldInvalidText(values: ArrayLike<unknown>, count: number): boolean {
  for (let index = 0; index < count; index++) {
    const value = values[index];
    if (
      value === invalidText ||
      (typeof value === "object" && value !== null && !ArrayBuffer.isView(value))
    ) {
      return true;
    }
  }
  return false;
}

function readMetadata(file: OpenedFile): FileMetaData {
  const tail = file.read(Math.max(0, file.size - 8), 8);
  const ending = tail.toString("latin1", 4);
  const beginning = file.read(0, 4).toString("latin1");
  if (ending === "PARE") {
    throw new DataError(`${file.path}: encrypted Parquet cannot be read; decrypt it first`);
  }
  if (file.size < 12 || ending !== magic) {
    const reason = beginning === magic ? "it was cut off before its end" : "it has no PAR1 mark";
    throw new DataError(`${file.path}: not a whole Parquet file: ${reason}; fetch or write it again`);
  }
  const length = tail.readUInt32LE(0);
  if (length > file.size - 12) {
    throw damaged(file, "the footer", `claims ${length} bytes`);
  }
  return within(file, "the footer", () => {
    const footer = file.read(file.size - 8 - length, length + 8);
    const metadata = parquetMetadata(footer, { geoparquet: false });
    const sizes = metadata.row_groups.map((group) => Number(group.num_rows));
    if (sizes.some((size) => !(size >= 0))) {
      throw new Error("a row group claims less than no rows");
    }
    return metadata;
  });
}

/** Names the place of what a library finds wrong. */
function within<T>(file: OpenedFile, place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DataError ? error : damaged(file, place, errorMessage(error));
  }
}

function damaged({ path }: OpenedFile, place: string, reason: string): DataError {
  const plain = reason.replaceAll(/\s+/g, " ");
  const wayOut = /unsupported|not supported/.test(plain)
    ? "write it again with another codec or encoding, such as snappy or zstd"
    : "fetch or write it again";
  return new DataError(`${path}: ${place}: ${plain}; ${wayOut}`);
}
