import zlib from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { decompressZstd } from "../zstd.ts";

type Decompress = NonNullable<Compressors[keyof Compressors]>;

/** Some libraries stumble over the packed form of nothing. */
const unlessEmpty =
  (decompress: Decompress): Decompress =>
  (bytes, size) =>
    size === 0 ? new Uint8Array(0) : decompress(bytes, size);

/** Decompressors by the names that Parquet gives codecs; Node's own where it has one. */
export const codecs: Compressors = Object.fromEntries(
  Object.entries({
    ...compressors,
    GZIP: (bytes: Uint8Array, size: number) =>
      zlib.gunzipSync(bytes, { chunkSize: Math.max(size, 64), maxOutputLength: size }),
    BROTLI: (bytes: Uint8Array, size: number) => zlib.brotliDecompressSync(bytes, { maxOutputLength: size }),
    ZSTD: decompressZstd,
  }).map(([name, decompress]) => [name, unlessEmpty(decompress)]),
);
