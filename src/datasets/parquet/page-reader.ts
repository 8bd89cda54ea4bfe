import type { PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import type { OpenedFile } from "../opened-file.ts";

const windowBytes = 1 << 16;
/** Far above the megabyte that writers aim at; more is a damaged header. */
const largestPage = 2 ** 30;

/** A page as it is stored, and where the next one begins. */
export interface StoredPage {
  header: PageHeader;
  bytes: Uint8Array;
  end: number;
}

/** Reads pages between two positions of a file, several small ones with one read. */
export function createPageReader(file: OpenedFile, limit: number): (position: number) => StoredPage {
  let window: Buffer = Buffer.alloc(0);
  let windowStart = 0;
  const view = (position: number, length: number): Buffer => {
    const wanted = Math.min(length, limit - position);
    const from = position - windowStart;
    if (from < 0 || from + wanted > window.length) {
      window = file.read(position, Math.min(Math.max(wanted, windowBytes), limit - position));
      windowStart = position;
    }
    return window.subarray(position - windowStart, position - windowStart + wanted);
  };
  return (position) => {
    const { header, length } = readHeader((count) => view(position, count), limit - position);
    const { compressed_page_size: size, uncompressed_page_size: wholeSize } = header;
    const begin = position + length;
    if (!(size >= 0 && begin + size <= limit) || !(wholeSize >= 0 && wholeSize <= largestPage)) {
      throw new Error(`a page at byte ${position} claims ${size} bytes, ${wholeSize} uncompressed`);
    }
    return { header, bytes: view(begin, size), end: begin + size };
  };
}

/** Headers have no stated length, so a header that does not end is read again with more bytes. */
function readHeader(view: (count: number) => Buffer, most: number): { header: PageHeader; length: number } {
  for (let count = 1 << 10; ; count *= 8) {
    const bytes = view(count);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
    try {
      return { header: parquetHeader(reader), length: reader.offset };
    } catch (error) {
      if (!(count < most)) {
        throw error;
      }
    }
  }
}
