import zlib from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { decompressZstd } from "../zstd.ts";

/** Decompressors by the names that Parquet gives codecs; Node's own where it has one. */
export const codecs: Compressors = {
  ...compressors,
  GZIP: (bytes, size) =>
    zlib.gunzipSync(bytes, { chunkSize: Math.max(size, 64), maxOutputLength: Math.max(size, 1) }),
  BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
  ZSTD: decompressZstd,
};
