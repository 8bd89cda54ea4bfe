import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { detectFormat } from "./detect-format.ts";
import type { FormatName } from "./format-names.ts";
import { formats } from "./formats.ts";
import type { ReadOptions, ReadRow } from "./row-format.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rows-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string | Uint8Array, name = "rows"): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The rows of a file; every batch is read again from its mark on the way. */
function read(format: FormatName, file: string, options: ReadOptions = {}): ReadRow[] {
  const batches = [...formats[format].batches(file, options)];
  for (const batch of batches) {
    expect(formats[format].batches(file, options, batch.mark).next().value).toEqual(batch);
  }
  return batches.flatMap(({ rows }) => rows);
}

const columnsOf = (rows: readonly ReadRow[]) =>
  rows.map((row) => ("columns" in row ? row.columns : row.reason));
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** Rows that together are longer than a piece of a file, and some that alone are. */
const records = fc.array(
  fc.record({
    a: fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', '""', ",", "\n", "\r\n", 'a,b\n"c"', "\uFEFF", "\uFFFD", "]}", '\\"', ""),
      fc.constant("ü\u2028".repeat(100_000)),
    ),
    "b, c": fc.string(),
  }),
  { minLength: 1, maxLength: 12 },
);

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe("what was written is read", () => {
  test("JSON Lines", () => {
    fc.assert(
      fc.property(records, fc.constantFrom("\n", "\r\n", "\n \n"), (rows, end) => {
        const file = write(rows.map((row) => JSON.stringify(row)).join(end));
        expect(columnsOf(read("jsonl", file))).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  test("JSON, as a list and under a key", () => {
    fc.assert(
      fc.property(records, fc.constantFrom(undefined, 1, "\t"), (rows, space) => {
        const list = write(JSON.stringify(rows, null, space));
        expect(columnsOf(read("json", list))).toEqual(rows);
        const before = { note: '"rows": [', none: [], numbers: [1, [2]], deep: { rows: [{ a: 1 }] } };
        const held = write(JSON.stringify({ ...before, rows, more: [{ z: 1 }] }, null, space));
        expect(columnsOf(read("json", held))).toEqual(rows);
        expect(columnsOf(read("json", held, { key: "rows" }))).toEqual(rows);
        expect(columnsOf(read("json", held, { key: "more" }))).toEqual([{ z: 1 }]);
      }),
      { numRuns: 20 },
    );
  });

  test("CSV, with LF and CRLF, quotes where they are needed or everywhere", () => {
    fc.assert(
      fc.property(
        records,
        fc.constantFrom("\n", "\r\n"),
        fc.constantFrom(",", ";", "\t"),
        (rows, end, comma) => {
          const lines = [["a", "b, c"], ...rows.map((row) => [row.a, row["b, c"]])].map((fields) =>
            fields.map(quoted).join(comma),
          );
          expect(columnsOf(read("csv", write(lines.join(end))))).toEqual(rows);
          expect(columnsOf(read("csv", write(`\uFEFF${lines.join(end)}${end}`)))).toEqual(rows);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("text", () => {
    expect(read("text", write("one\r\n\n two\n"))).toEqual([
      { number: 1, columns: { text: "one" } },
      { number: 3, columns: { text: " two" } },
    ]);
  });
});

describe("a broken row is told with its number, and the others are read", () => {
  test.each<[FormatName, string | Uint8Array, unknown[]]>([
    ["jsonl", '{"a": 1}\n{"a": \n{"a": 2}\n', [{ a: 1 }, /not valid JSON/, { a: 2 }]],
    ["jsonl", '{"a": 1}\n[1]\n"x"\nnull', [{ a: 1 }, /found \[1\]/, /found "x"/, /found null/]],
    ["jsonl", '{"a": 1}\n{"a": "cut o', [{ a: 1 }, /the file ends here, perhaps within the row/]],
    ["jsonl", latin1('{"a": 1}\n{"a": "\xff"}\n{"a": 2}'), [{ a: 1 }, /not valid UTF-8/, { a: 2 }]],
    ["json", '[{"a": 1}, {"a": oops}, 7, {"a": 2}]', [{ a: 1 }, /not valid JSON/, /found 7/, { a: 2 }]],
    ["json", '[{"a": 1}, {"a": "cut o', [{ a: 1 }, /the file ends within the list/]],
    ["json", '[{"a": 1}', [/the file ends within the list/]],
    ["json", latin1('[{"a": 1}, {"a": "\xe9"}]'), [{ a: 1 }, /not valid UTF-8/]],
    [
      "csv",
      "a,b\n1,2\n3\n4,5,6\n7,8",
      [{ a: "1", b: "2" }, /line 3: 1 fields .* 2/, /3 fields/, { a: "7", b: "8" }],
    ],
    ["csv", 'a,b\n1,"x" y\n"2\n3",4\n5', [/text stands behind/, { a: "2\n3", b: "4" }, /line 5: 1 fields/]],
    ["csv", 'a,b\n1,2\n3,"never closed\n5,6\n', [{ a: "1", b: "2" }, /quoted field 2 never ends/]],
    ["csv", latin1("a,b\n1,\xff\n2,3"), [/not valid UTF-8/, { a: "2", b: "3" }]],
    ["csv", ",a\n0,1\n", [{ "": "0", a: "1" }]],
    ["csv", 'a,b\n5" pipe,2\n', [{ a: '5" pipe', b: "2" }]],
    ["text", latin1("one\n\xff\ntwo"), [{ text: "one" }, /not valid UTF-8/, { text: "two" }]],
  ])("%s %j", (format, content, expected) => {
    const found = columnsOf(read(format, write(content)));
    expect(found).toHaveLength(expected.length);
    expected.forEach((one, index) => {
      if (one instanceof RegExp) {
        expect(found[index]).toMatch(one);
      } else {
        expect(found[index]).toEqual(one);
      }
    });
  });

  test("numbers are lines in files of lines, and rows elsewhere", () => {
    const numbers = (format: FormatName, content: string) =>
      read(format, write(content)).map(({ number }) => number);
    expect(numbers("jsonl", '{"a": 1}\n\n{"a": 2}')).toEqual([1, 3]);
    expect(numbers("csv", 'a\n1\n\n"2\n2"\n3')).toEqual([1, 2, 3]);
    expect(numbers("json", '[\n{"a": 1},\n{"a": 2}]')).toEqual([1, 2]);
  });
});

describe("a file that cannot be read", () => {
  test.each<[FormatName, string | Uint8Array, RegExp]>([
    ["json", "12", /is no JSON list or object/],
    ["json", '{"a": {"b": 1}, "c": [1, 2]}', /expected a list of objects; keys of the file: a, c;/],
    ["json", '{"a"', /expected a list of objects; keys of the file: none/],
    ["json", '[{"a": 1} {"a": 2}]', /row 1: byte 10 has "\{" where a comma or the end/],
    ["csv", "a,b,a\n1,2,3", /line 1: two columns are called "a"/],
    ["jsonl", Buffer.from('\uFEFF{"a": 1}', "utf16le"), /UTF-16; convert it to UTF-8/],
  ])("%s %j", (format, content, words) => {
    const file = write(content);
    expect(() => read(format, file)).toThrow(DataError);
    expect(() => read(format, file)).toThrow(words);
  });

  test("has no such key", () => {
    expect(() => read("json", write('{"a": [{}]}'), { key: "b" })).toThrow(
      /list under the key "b"; keys of the file: a/,
    );
    expect(() => read("json", write("[{}]"), { key: "b" })).toThrow(/is a list, so that it has no key "b"/);
  });

  test("is missing or a folder", () => {
    expect(() => read("jsonl", path.join(folder, "none"))).toThrow(
      /none: there is no such file; paths are relative/,
    );
    expect(() => read("jsonl", folder)).toThrow(DataError);
  });

  test("empty files have no rows", () => {
    expect([
      read("jsonl", write("")),
      read("csv", write("\n")),
      read("csv", write("")),
      read("text", write("\n \n")),
    ]).toEqual([[], [], [], []]);
  });
});

test("any bytes are rows, broken rows or a DataError", () => {
  const format = fc.constantFrom<FormatName>("json", "jsonl", "csv", "text");
  const syntax = fc.array(
    fc.constantFrom("[", "]", "{", "}", '"', "\\", ",", ":", "\n", "\r", " ", "a", "1", "\xff"),
  );
  fc.assert(
    fc.property(
      format,
      fc.oneof(
        syntax.map((parts) => latin1(parts.join(""))),
        fc.uint8Array(),
      ),
      (name, bytes) => {
        const file = write(bytes);
        try {
          read(name, file);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect((error as Error).message).toContain(file);
          expect((error as Error).message).not.toMatch(/\n/);
        }
      },
    ),
    { numRuns: 500 },
  );
});

describe("the format of a file", () => {
  test.each<[string, string, FormatName]>([
    ["rows.jsonl", "{}", "jsonl"],
    ["rows.ndjson", "{}", "jsonl"],
    ["rows.json", '[{"a": 1}]', "json"],
    ["rows.json", '{"a": 1}\n{"a": 2}\n', "jsonl"],
    ["rows.json", '{"rows": [{"a": 1}]}\n', "json"],
    ["rows.json", '{\n "rows": []\n}', "json"],
    ["rows.CSV", "a,b", "csv"],
    ["rows.tsv", "a\tb", "csv"],
    ["rows.txt", "a", "text"],
    ["rows", '\uFEFF {"a": 1}\n{"a": 2}', "jsonl"],
    ["rows.data", "[1]", "json"],
    ["rows.json", "PAR1....", "parquet"],
    ["rows.bin", "ARROW1..", "arrow"],
  ])("%s with %j is %s", (name, content, format) => {
    expect(detectFormat(write(content, name))).toBe(format);
  });

  test("is unknown or packed", () => {
    expect(() => detectFormat(write("hello", "rows.dat"))).toThrow(/set format to one of: json, jsonl, csv/);
    expect(() => detectFormat(write(latin1("\x1f\x8b..."), "rows.jsonl.gz"))).toThrow(
      /packed with gzip; unpack it/,
    );
  });
});
