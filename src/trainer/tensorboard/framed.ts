import checksums from "crc-32/crc32c.js";

/** A record as TensorFlow's files hold them: its length, the data, and a masked CRC-32C behind each of the two. */
export function framed(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(16 + data.length);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return record;
}

/** Rotated and moved, so that the checksum of data that holds checksums says something. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = checksums.buf(bytes) >>> 0;
  const rotated = (checksum >>> 15) | (checksum << 17);
  return (rotated + 0xa282ead8) >>> 0;
}
