import { Message, MessageHeader } from "apache-arrow";
import { DataError, errorMessage } from "../../errors.ts";
import type { OpenedFile } from "../opened-file.ts";

const magic = "ARROW1";
const continuation = 0xffffffff;

/** A message of the IPC format, by its place in the file. */
export interface StoredMessage {
  kind: "schema" | "dictionary" | "batch";
  start: number;
  end: number;
}

/** True for the file format, false for a stream. */
export function isArrowFile(file: OpenedFile): boolean {
  return file.read(0, magic.length).toString("latin1") === magic;
}

/**
 * The messages of an IPC stream or file in order; a file is a stream between two marks. Throws DataError for one that was
 * cut off.
 */
export function* readMessages(file: OpenedFile): Generator<StoredMessage> {
  const isFile = isArrowFile(file);
  if (isFile && file.read(file.size - magic.length, magic.length).toString("latin1") !== magic) {
    throw damaged(file, "it was cut off before its end");
  }
  for (let start = isFile ? 8 : 0; ; ) {
    if (start === file.size && !isFile && start > 0) {
      // A stream may end without a mark.
      return;
    }
    const prefix = file.read(start, 8);
    if (prefix.length < 4) {
      throw damaged(file, "it was cut off before its end");
    }
    const isOld = prefix.readUInt32LE(0) !== continuation;
    const length = isOld ? prefix.readInt32LE(0) : prefix.length < 8 ? 0 : prefix.readInt32LE(4);
    if (length === 0) {
      return;
    }
    const begin = start + (isOld ? 4 : 8);
    if (length < 0 || begin + length > file.size) {
      throw damaged(file, `the message at byte ${start} claims ${length} bytes`);
    }
    const message = decode(file, start, file.read(begin, length));
    const end = begin + length + message.bodyLength;
    if (!(message.bodyLength >= 0 && end <= file.size)) {
      throw damaged(file, `the message at byte ${start} ends beyond the file`);
    }
    const kind = kindOf(message);
    if (kind !== null) {
      yield { kind, start, end };
    }
    start = end;
  }
}

function decode(file: OpenedFile, start: number, metadata: Uint8Array): Message {
  try {
    return Message.decode(metadata);
  } catch (error) {
    throw damaged(file, `the message at byte ${start} cannot be read (${errorMessage(error)})`);
  }
}

function kindOf({ headerType }: Message): StoredMessage["kind"] | null {
  switch (headerType) {
    case MessageHeader.Schema:
      return "schema";
    case MessageHeader.DictionaryBatch:
      return "dictionary";
    case MessageHeader.RecordBatch:
      return "batch";
    default:
      return null;
  }
}

export function damaged({ path }: OpenedFile, reason: string): DataError {
  return new DataError(
    `${path}: not a whole Arrow file: ${reason.replaceAll(/\s+/g, " ")}; fetch or write it again`,
  );
}
