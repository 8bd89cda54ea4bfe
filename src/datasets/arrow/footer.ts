import { Message, type Schema } from "apache-arrow";
import { Footer } from "apache-arrow/ipc/metadata/file";
import type { OpenedFile } from "../opened-file.ts";
import { checkFlatbuffer } from "./flatbuffer.ts";
import { attempt, damaged, magic } from "./messages.ts";
import { footerShape } from "./metadata-shapes.ts";

/** The end of the file format. */
export interface StoredFooter {
  /** Byte of the file at which it begins. */
  start: number;
  schema: Schema;
  /** Bytes of the file at which the record batches begin. */
  batches: number[];
}

/** Throws DataError. */
export function readFooter(file: OpenedFile): StoredFooter {
  const tail = file.read(Math.max(0, file.size - 10), 10);
  if (tail.length < 10 || tail.toString("latin1", 4) !== magic) {
    throw damaged(file, "it was cut off before its end");
  }
  const length = tail.readInt32LE(0);
  const start = file.size - 10 - length;
  if (length <= 0 || start < 8) {
    throw damaged(file, `its footer claims ${length} bytes`);
  }
  return attempt(file, "its footer", () => {
    const bytes = file.read(start, length);
    checkFlatbuffer(bytes, footerShape);
    const footer = Footer.decode(bytes);
    return {
      start,
      schema: footer.schema,
      batches: Array.from(footer.recordBatches(), ({ offset }) => offset),
    };
  });
}

/** A schema as a stream begins with it. */
export function schemaMessage(schema: Schema): Uint8Array {
  const metadata = Message.encode(Message.from(schema));
  const length = Math.ceil(metadata.length / 8) * 8;
  const message = Buffer.alloc(8 + length);
  message.writeInt32LE(-1, 0);
  message.writeInt32LE(length, 4);
  message.set(metadata, 8);
  return message;
}
