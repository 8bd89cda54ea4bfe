/**
 * Walks over a stream of runs (Parquet's RLE and bit packing) without decoding it. Throws Error where a run has no length,
 * or more values than the page: a decoder would fill the memory with it, or never end.
 */
export function checkRuns(bytes: Buffer, start: number, end: number, width: number, most: number): void {
  if (!(start <= end && end <= bytes.length) || width > 32) {
    throw new Error("a page ends before its values do");
  }
  const valueBytes = Math.ceil(width / 8);
  let seen = 0;
  for (let offset = start; offset < end && seen < most; ) {
    let header = 0;
    let byte = 0x80;
    for (let shift = 0; byte >= 0x80; shift += 7) {
      if (offset >= end || shift > 28) {
        throw new Error("a run of values has no length");
      }
      byte = bytes[offset++];
      header += (byte & 0x7f) * 2 ** shift;
    }
    const isPacked = header % 2 === 1;
    const count = Math.floor(header / 2) * (isPacked ? 8 : 1);
    // Packed values come in eights, the last of which may be filled up.
    if (count === 0 || seen + count >= most + 8) {
      throw new Error(`a run of ${count} values stands in a page of ${most}`);
    }
    seen += count;
    offset += isPacked ? (count / 8) * width : valueBytes;
  }
}

/** Bits that hold a number up to the highest. */
export const bitWidth = (highest: number): number => 32 - Math.clz32(highest);
