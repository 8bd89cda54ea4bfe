import { type DataType, Message, type RecordBatch, RecordBatchReader, type Schema } from "apache-arrow";
import { type OpenedFile, withFile } from "../opened-file.ts";
import type { Mark, ReadRow, RowBatch, RowFormat } from "../row-format.ts";
import { arrowValue } from "./arrow-value.ts";
import { checkData } from "./check-data.ts";
import { checkHeader } from "./check-header.ts";
import { registerCodecs } from "./codecs.ts";
import { readFooter, schemaMessage } from "./footer.ts";
import { attempt, damaged, isArrowFile, readMessages, type StoredMessage } from "./messages.ts";

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
  const { schema, dictionaries, batches } = readContents(file);
  // In a file, unlike in a stream, dictionaries may stand behind the batches that need them.
  const precedes = isArrowFile(file)
    ? () => true
    : ({ start }: StoredMessage, batch: StoredMessage) => start < batch.start;
  for (const message of batches) {
    if (message.start >= wanted) {
      const needed = dictionaries.filter((dictionary) => precedes(dictionary, message));
      const batch = decodeBatch(file, schema, [...needed, message]);
      yield* readRows(file, batch, message.start, before, skipped);
      before += batch.numRows;
      skipped = 0;
    }
  }
}

interface Contents {
  /** The message that a stream begins with. */
  schema: Uint8Array;
  dictionaries: StoredMessage[];
  batches: StoredMessage[];
}

function readContents(file: OpenedFile): Contents {
  const footer = isArrowFile(file) ? readFooter(file) : null;
  const messages = [...readMessages(file, footer?.start ?? file.size)];
  const batches = messages.filter(({ kind }) => kind === "batch");
  if (footer !== null && footer.batches.join() !== batches.map(({ start }) => start).join()) {
    throw damaged(file, `its footer names ${footer.batches.length} record batches, others than are there`);
  }
  const [first] = messages;
  const stored = first?.kind === "schema" ? file.read(first.start, first.end - first.start) : null;
  // JavaScript's library writes files that hold the schema only in their footer.
  const schema = stored ?? (footer && attempt(file, "its footer", () => schemaMessage(footer.schema)));
  if (schema === null) {
    throw damaged(file, "it has no schema");
  }
  return { schema, dictionaries: messages.filter(({ kind }) => kind === "dictionary"), batches };
}

/** Reads a stream of the schema, the dictionaries so far and the one record batch. */
function decodeBatch(file: OpenedFile, schema: Uint8Array, messages: readonly StoredMessage[]): RecordBatch {
  const parts = messages.map((message) => ({
    message,
    bytes: file.read(message.start, message.end - message.start),
  }));
  const reader = attempt(file, "its schema", () =>
    RecordBatchReader.from(Buffer.concat([schema, ...parts.map(({ bytes }) => bytes)])).open(),
  );
  for (const { message, bytes } of parts) {
    attempt(file, `the message at byte ${message.start}`, () => checkBatch(reader.schema, message, bytes));
  }
  return attempt(file, `the record batch at byte ${messages.at(-1)!.start}`, () => {
    const [batch] = [...reader];
    checkData(batch);
    return batch;
  });
}

function checkBatch(schema: Schema, { start, metadata, body, end }: StoredMessage, bytes: Uint8Array): void {
  const message = Message.decode(bytes.subarray(metadata - start, body - start));
  const { metadataVersion } = schema;
  if (message.isDictionaryBatch()) {
    const { id, data } = message.header();
    const type: DataType | undefined = schema.dictionaries.get(id);
    if (type === undefined) {
      throw new Error(`no column has its dictionary ${id}`);
    }
    checkHeader(data, [type], metadataVersion, end - body);
  } else if (message.isRecordBatch()) {
    const types = schema.fields.map(({ type }) => type);
    checkHeader(message.header(), types, metadataVersion, end - body);
  }
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
