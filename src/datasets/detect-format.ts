import path from "node:path";
import { DataError } from "../errors.ts";
import { type FormatName, formatNames, formatOfExtension } from "./format-names.ts";
import { openFile } from "./opened-file.ts";

const sampleBytes = 1 << 16;

/** The format of a file by its first bytes, and by its name where they leave it open. Throws DataError. */
export function detectFormat(file: string): FormatName {
  const opened = openFile(file);
  try {
    const sample = opened.read(0, sampleBytes);
    return byMagic(file, sample) ?? byName(file, sample, opened.size <= sampleBytes);
  } finally {
    opened.close();
  }
}

function byMagic(file: string, sample: Buffer): FormatName | null {
  const start = sample.toString("latin1", 0, 6);
  if (start.startsWith("PAR1") || start.startsWith("PARE")) {
    return "parquet";
  }
  if (start === "ARROW1" || start.startsWith("\xff\xff\xff\xff")) {
    return "arrow";
  }
  const packed = [
    ["\x1f\x8b", "gzip"],
    ["\x28\xb5\x2f\xfd", "zstd"],
    ["PK\x03\x04", "zip"],
    ["BZh", "bzip2"],
    ["\xfd7zXZ", "xz"],
  ].find(([magic]) => start.startsWith(magic));
  if (packed !== undefined) {
    throw new DataError(`${file}: the file is packed with ${packed[1]}; unpack it first`);
  }
  return null;
}

function byName(file: string, sample: Buffer, isWhole: boolean): FormatName {
  const named = formatOfExtension[path.extname(file).slice(1).toLowerCase()];
  if (named !== undefined && named !== "json") {
    return named;
  }
  const text = sample
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (named === "json" || text.startsWith("{") || text.startsWith("[")) {
    return isJsonLines(text, isWhole) ? "jsonl" : "json";
  }
  throw new DataError(
    `${file}: neither name nor content tell the format; set format to one of: ${formatNames.join(", ")}`,
  );
}

/** True where the first line is an object of its own and something stands behind it. */
function isJsonLines(text: string, isWhole: boolean): boolean {
  const [first, ...others] = text.split("\n");
  if (!text.startsWith("{") || !others.some((line) => line.trim() !== "")) {
    return false;
  }
  try {
    JSON.parse(first);
    return true;
  } catch {
    return !isWhole && others.length === 0;
  }
}
