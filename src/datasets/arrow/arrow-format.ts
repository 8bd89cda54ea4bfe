import { type RecordBatch, RecordBatchReader } from "apache-arrow";
import { errorMessage } from "../../errors.ts";
import { type OpenedFile, withFile } from "../opened-file.ts";
import type { Mark, ReadRow, RowBatch, RowFormat } from "../row-format.ts";
import { arrowValue } from "./arrow-value.ts";
import { registerCodecs } from "./codecs.ts";
import { damaged, isArrowFile, readMessages, type StoredMessage } from "./messages.ts";

/** Rows that are made at a time. */
const batchRows = 1000;

registerCodecs();

/**
 * Arrow's IPC stream and file formats, a record batch in memory at a time. A mark is the position of a record batch, the
 * rows before it, and the rows of it that came before.
 */
export const arrowFormat: RowFormat = {
  batches: (path, _options, from) => withFile(path, (file) => readStream(file, from)),
};

function* readStream(file: OpenedFile, from: Mark | undefined): Generator<RowBatch> {
  const [wanted = 0, rowsBefore = 0, taken = 0] = from ?? [];
  let before = rowsBefore;
  let skipped = taken;
  const messages = [...readMessages(file)];
  const schema = messages.find(({ kind }) => kind === "schema");
  if (schema === undefined) {
    yield* readWhole(file, from);
    return;
  }
  const dictionaries = messages.filter(({ kind }) => kind === "dictionary");
  // In a file, unlike in a stream, dictionaries may stand behind the batches that need them.
  const precedes = isArrowFile(file)
    ? () => true
    : ({ start }: StoredMessage, batch: StoredMessage) => start < batch.start;
  for (const message of messages) {
    if (message.kind === "batch" && message.start >= wanted) {
      const needed = dictionaries.filter((dictionary) => precedes(dictionary, message));
      const batch = decodeBatch(file, [schema, ...needed, message]);
      yield* readRows(file, batch, message.start, before, skipped);
      before += batch.numRows;
      skipped = 0;
    }
  }
}

/**
 * The batches of a file that holds its schema only in its footer, as JavaScript's library writes it; it is read whole. A mark
 * has the number of the batch in the place of its position.
 */
function* readWhole(
  file: OpenedFile,
  [wanted = 0, rowsBefore = 0, taken = 0]: Mark = [],
): Generator<RowBatch> {
  if (!isArrowFile(file)) {
    throw damaged(file, "it has no schema");
  }
  const batches = attempt(file, "its footer", () => [...RecordBatchReader.from(file.read(0, file.size))]);
  let before = rowsBefore;
  let skipped = taken;
  for (let index = wanted; index < batches.length; index++) {
    yield* readRows(file, batches[index], index, before, skipped);
    before += batches[index].numRows;
    skipped = 0;
  }
}

/** A stream of the schema, the dictionaries so far and the one record batch. */
function decodeBatch(file: OpenedFile, messages: readonly StoredMessage[]): RecordBatch {
  const parts = messages.map(({ start, end }) => file.read(start, end - start));
  const { start } = messages.at(-1)!;
  return attempt(file, `the record batch at byte ${start}`, () => {
    const [batch] = [...RecordBatchReader.from(Buffer.concat(parts))];
    if (batch === undefined) {
      throw new Error("it is not there");
    }
    return batch;
  });
}

function* readRows(
  file: OpenedFile,
  batch: RecordBatch,
  position: number,
  before: number,
  skipped: number,
): Generator<RowBatch> {
  const columns = batch.schema.fields.map(({ name, type }, index) => ({
    name,
    type,
    vector: batch.getChildAt(index)!,
  }));
  for (let start = skipped; start < batch.numRows; start += batchRows) {
    const count = Math.min(batchRows, batch.numRows - start);
    const rows = Array.from({ length: count }, (_, index): ReadRow => {
      const number = before + start + index + 1;
      const entries = columns.map(({ name, type, vector }) => [
        name,
        attempt(file, `row ${number}, column ${name}`, () => arrowValue(vector.get(start + index), type)),
      ]);
      return { number, columns: Object.fromEntries(entries) };
    });
    yield { mark: [position, before, start], rows };
  }
}

function attempt<T>(file: OpenedFile, place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw damaged(file, `${place}: ${errorMessage(error)}`);
  }
}
