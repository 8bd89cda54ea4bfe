import { CompressionType, compressionRegistry } from "apache-arrow";
import { decompressZstd } from "hyparquet-compressors";
import { decompressLz4Frame } from "./lz4-frame.ts";

/** Teaches the Arrow library, which has no codec of its own, the two of the format. */
export function registerCodecs(): void {
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decompressLz4Frame });
  // A copy, because the library takes only what begins at a multiple of 8 bytes.
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompressZstd(bytes).slice() });
}
