import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import { tableFromJSON, tableToIPC } from "apache-arrow";
import fc from "fast-check";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import type { FormatName } from "./format-names.ts";
import { formats } from "./formats.ts";
import type { ReadRow } from "./row-format.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "binary-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string | Uint8Array): string {
  const file = path.join(folder, "rows");
  writeFileSync(file, content);
  return file;
}

/** The rows of a file; every batch is read again from its mark on the way. */
function read(format: FormatName, file: string): ReadRow[] {
  const batches = [...formats[format].batches(file, {})];
  for (const batch of batches) {
    expect(formats[format].batches(file, {}, JSON.parse(JSON.stringify(batch.mark))).next().value).toEqual(
      batch,
    );
  }
  return batches.flatMap(({ rows }) => rows);
}

const columnsOf = (rows: readonly ReadRow[]) =>
  rows.map((row) => ("columns" in row ? row.columns : row.reason));

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(zlib.gzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(zlib.brotliCompressSync(bytes)),
  LZO: (bytes: Uint8Array) => bytes,
};

const records = fc.array(
  fc.record({
    text: fc.option(fc.string({ unit: "binary" })),
    word: fc.constantFrom("a", "b", "ü".repeat(100)),
    count: fc.integer({ min: -1000, max: 1000 }),
    share: fc.option(fc.double({ noNaN: true })),
    flag: fc.boolean(),
    list: fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 4 }),
    deep: fc.record({ bytes: fc.string(), path: fc.string() }),
  }),
  { minLength: 1, maxLength: 300 },
);

type Record = typeof records extends fc.Arbitrary<(infer One)[]> ? One : never;

function parquet(rows: readonly Record[], options: object = {}): Uint8Array {
  const column = (name: keyof Record, given: object): ColumnSource => ({
    name,
    data: rows.map((row) => row[name]),
    ...given,
  });
  const leaf = (name: string, type: "BYTE_ARRAY" | "INT32", repetition_type: "OPTIONAL" | "REQUIRED") => ({
    name,
    type,
    repetition_type,
    ...(type === "BYTE_ARRAY" && { converted_type: "UTF8" as const }),
  });
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: ["text", "word", "count", "share", "flag", "list", "deep"].map((name) =>
        column(name as keyof Record, {}),
      ),
      schema: [
        { name: "root", num_children: 7 },
        leaf("text", "BYTE_ARRAY", "OPTIONAL"),
        leaf("word", "BYTE_ARRAY", "REQUIRED"),
        leaf("count", "INT32", "REQUIRED"),
        { name: "share", type: "DOUBLE", repetition_type: "OPTIONAL" },
        { name: "flag", type: "BOOLEAN", repetition_type: "REQUIRED" },
        { name: "list", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        leaf("element", "BYTE_ARRAY", "OPTIONAL"),
        { name: "deep", repetition_type: "OPTIONAL", num_children: 2 },
        leaf("bytes", "BYTE_ARRAY", "OPTIONAL"),
        leaf("path", "BYTE_ARRAY", "OPTIONAL"),
      ],
      compressors,
      ...options,
    }),
  );
}

describe("Parquet", () => {
  test("gives what was written, whatever the codec and the sizes of pages and row groups", () => {
    fc.assert(
      fc.property(
        records,
        fc.constantFrom("UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI"),
        fc.constantFrom(50, 1000, 1 << 20),
        fc.constantFrom(7, 100, 1000),
        (rows, codec, pageSize, rowGroupSize) => {
          const found = read("parquet", write(parquet(rows, { codec, pageSize, rowGroupSize })));
          expect(columnsOf(found)).toEqual(rows);
          expect(found.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
        },
      ),
      { numRuns: 40 },
    );
  });

  const one: Record = {
    text: "x",
    word: "a",
    count: 1,
    share: 0.5,
    flag: true,
    list: ["p", "q"],
    deep: { bytes: "b", path: "c" },
  };

  test("whole numbers of 64 bits are numbers, or text where a number is not exact; dates are ISO text; bytes stay", () => {
    const columnData: ColumnSource[] = [
      { name: "small", data: [5n, -6n], type: "INT64" },
      { name: "large", data: [2n ** 60n, -(2n ** 60n)], type: "INT64" },
      { name: "when", data: [new Date(0), new Date(1e12)], type: "TIMESTAMP" },
      { name: "bytes", data: [Uint8Array.of(1, 255), Uint8Array.of()], type: "BYTE_ARRAY" },
    ];
    const rows = read("parquet", write(new Uint8Array(parquetWriteBuffer({ columnData }))));
    expect(columnsOf(rows)).toEqual([
      {
        small: 5,
        large: "1152921504606846976",
        when: "1970-01-01T00:00:00.000Z",
        bytes: Uint8Array.of(1, 255),
      },
      { small: -6, large: "-1152921504606846976", when: "2001-09-09T01:46:40.000Z", bytes: Uint8Array.of() },
    ]);
  });

  test("a row with text that is not UTF-8 is broken, and the others are read", () => {
    const bytes = Buffer.from(
      parquet([one, { ...one, text: "MARK" }, { ...one, list: ["MARK"] }, one], {
        codec: "UNCOMPRESSED",
        statistics: false,
      }),
    );
    for (let at = bytes.indexOf("MARK"); at >= 0; at = bytes.indexOf("MARK")) {
      bytes[at] = 0xff;
    }
    expect(columnsOf(read("parquet", write(bytes)))).toEqual([
      one,
      'column "text" is not valid UTF-8',
      'column "list" is not valid UTF-8',
      one,
    ]);
  });

  test("a codec that nobody knows is named", () => {
    const file = write(parquet([one], { codec: "LZO" }));
    expect(() => read("parquet", file)).toThrow(DataError);
    expect(() => read("parquet", file)).toThrow(
      /rows: row group 0, column text: parquet unsupported compression codec: LZO; write it again with another codec/,
    );
  });

  test.each<[string, (whole: Uint8Array) => Uint8Array, RegExp]>([
    ["cut off", (whole) => whole.subarray(0, whole.length - 20), /not a whole Parquet file: it was cut off/],
    ["of other bytes", () => Buffer.from("no rows here, just words"), /it has no PAR1 mark/],
    ["too short", () => Buffer.from("PAR1"), /it was cut off before its end/],
    [
      "encrypted",
      (whole) => Buffer.concat([whole.subarray(0, -4), Buffer.from("PARE")]),
      /encrypted Parquet/,
    ],
    [
      "with a footer that is too long",
      (whole) => Buffer.concat([whole.subarray(0, -8), Buffer.from([255, 255, 255, 0]), Buffer.from("PAR1")]),
      /the footer claims|the footer: claims/,
    ],
  ])("a file %s is refused", (_, damage, words) => {
    const file = write(damage(parquet([one, one])));
    expect(() => read("parquet", file)).toThrow(DataError);
    expect(() => read("parquet", file)).toThrow(words);
  });
});

const objects = fc.array(
  fc.record({
    id: fc.integer(),
    text: fc.string({ unit: "grapheme" }),
    list: fc.array(fc.integer(), { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 50 },
);

describe("Arrow", () => {
  test("gives what was written, as stream and as file", () => {
    fc.assert(
      fc.property(objects, fc.constantFrom<"stream" | "file">("stream", "file"), (rows, kind) => {
        // The library makes whole numbers floating, as JavaScript has them.
        const found = read("arrow", write(tableToIPC(tableFromJSON(rows), kind)));
        expect(columnsOf(found)).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  test("a file or stream that was cut off is refused", () => {
    for (const kind of ["stream", "file"] as const) {
      const whole = tableToIPC(tableFromJSON([{ a: "x".repeat(100) }]), kind);
      const file = write(whole.subarray(0, Math.floor(whole.length * 0.7)));
      expect(() => read("arrow", file)).toThrow(DataError);
      expect(() => read("arrow", file)).toThrow(/not a whole Arrow file: .*fetch or write it again/);
    }
  });
});

test("damaged Parquet is rows, broken rows or a DataError with the file's name, in bounded time", () => {
  const rows = Array.from({ length: 40 }, (_, count) => ({
    text: `text ${count}`,
    word: "a",
    count,
    share: count / 7,
    flag: count % 2 === 0,
    list: ["p", "q"],
    deep: { bytes: "b", path: `${count}` },
  }));
  const wholes: [FormatName, Uint8Array][] = [
    ["parquet", parquet(rows, { codec: "SNAPPY", pageSize: 100 })],
    ["parquet", parquet(rows, { codec: "UNCOMPRESSED" })],
    ["parquet", parquet(rows, { codec: "GZIP" })],
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...wholes),
      fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      ([format, whole], changes, share) => {
        const bytes = Buffer.from(whole.subarray(0, Math.ceil(whole.length * share)));
        for (const { at, byte } of changes) {
          bytes[at % bytes.length] = byte;
        }
        const file = write(bytes);
        try {
          for (const batch of formats[format].batches(file, {})) {
            expect(batch.rows.length).toBeLessThanOrEqual(1000);
          }
        } catch (error) {
          expect(error, readFileSync(file, "base64")).toBeInstanceOf(DataError);
          expect((error as Error).message).toContain(file);
          expect((error as Error).message).not.toMatch(/\n/);
        }
      },
    ),
    { numRuns: 300 },
  );
});
