import { Message, MessageHeader, MetadataVersion } from "apache-arrow";
import { DataError, errorMessage } from "../../errors.ts";
import type { OpenedFile } from "../opened-file.ts";
import { checkFlatbuffer } from "./flatbuffer.ts";
import { messageShape } from "./metadata-shapes.ts";

export const magic = "ARROW1";
const continuation = 0xffffffff;
/** Writers align what they write to 8 or 64 bytes. */
const mostPadding = 64;

/** A message of the IPC format, by its place in the file. */
export interface StoredMessage {
  kind: "schema" | "dictionary" | "batch";
  start: number;
  metadata: number;
  body: number;
  end: number;
}

/** True for the file format, false for a stream. */
export function isArrowFile(file: OpenedFile): boolean {
  return file.read(0, magic.length).toString("latin1") === magic;
}

/**
 * The messages of an IPC stream, or of the stream within a file, which ends at the byte `end`, in order; their metadata is
 * whole. Throws DataError for one that was cut off or is damaged.
 */
export function* readMessages(file: OpenedFile, end: number): Generator<StoredMessage> {
  const first = isArrowFile(file) ? 8 : 0;
  // A stream may end without a mark.
  for (let start = first; start < end || start === 0; ) {
    const prefix = file.read(start, Math.min(8, end - start));
    if (prefix.length < 4) {
      throw damaged(file, "it was cut off before its end");
    }
    const isOld = prefix.readUInt32LE(0) !== continuation;
    const length = isOld ? prefix.readInt32LE(0) : prefix.length < 8 ? 0 : prefix.readInt32LE(4);
    const metadata = start + (isOld ? 4 : 8);
    if (length === 0) {
      checkEnding(file, metadata, end);
      return;
    }
    const body = metadata + length;
    if (length < 0 || body > end) {
      throw damaged(file, `the message at byte ${start} claims ${length} bytes`);
    }
    const { kind, bodyLength } = attempt(file, `the message at byte ${start}`, () =>
      describe(file.read(metadata, length)),
    );
    if (!(bodyLength >= 0 && body + bodyLength <= end)) {
      throw damaged(file, `the message at byte ${start} ends beyond the file`);
    }
    if (kind === "schema" && start !== first) {
      throw damaged(file, `the message at byte ${start} is a second schema`);
    }
    yield { kind, start, metadata, body, end: body + bodyLength };
    start = body + bodyLength;
  }
}

/** Behind the mark of the end is nothing but padding, or the mark is damage: a length of which a bit is lost. */
function checkEnding(file: OpenedFile, start: number, end: number): void {
  const count = end - start;
  if (count > mostPadding || file.read(start, Math.max(count, 0)).some((byte) => byte !== 0)) {
    throw damaged(file, `${count} bytes stand behind the end of its rows`);
  }
}

function describe(metadata: Uint8Array): { kind: StoredMessage["kind"]; bodyLength: number } {
  checkFlatbuffer(metadata, messageShape);
  const { version, headerType, bodyLength } = Message.decode(metadata);
  if (version !== MetadataVersion.V4 && version !== MetadataVersion.V5) {
    throw new Error(`it has version ${version + 1} of the format, where 4 or 5 can be read`);
  }
  return { kind: kindOf(headerType), bodyLength };
}

function kindOf(headerType: MessageHeader): StoredMessage["kind"] {
  switch (headerType) {
    case MessageHeader.Schema:
      return "schema";
    case MessageHeader.DictionaryBatch:
      return "dictionary";
    case MessageHeader.RecordBatch:
      return "batch";
    default:
      throw new Error(`it is of kind ${headerType}, where a schema, a dictionary or rows are wanted`);
  }
}

/** Names the place of what is wrong. */
export function attempt<T>(file: OpenedFile, place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DataError ? error : damaged(file, `${place}: ${errorMessage(error)}`);
  }
}

export function damaged({ path }: OpenedFile, reason: string): DataError {
  return new DataError(
    `${path}: not a whole Arrow file: ${reason.replaceAll(/\s+/g, " ")}; fetch or write it again`,
  );
}
