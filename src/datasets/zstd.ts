import zlib from "node:zlib";
import { ZSTDDecoder } from "zstddec";

// Node has it from 22.15 on.
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };

const decoder = new ZSTDDecoder();
await decoder.init();

/** Decompresses Zstandard to a known size, with Node's own decompressor where there is one. */
export function decompressZstd(bytes: Uint8Array, size: number): Uint8Array {
  return zstdDecompressSync?.(bytes) ?? decoder.decode(bytes, size);
}
