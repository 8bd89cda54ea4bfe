import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import { readJsonLines } from "./jsonl.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "jsonl-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string | Uint8Array): string {
  const file = join(folder, "rows.jsonl");
  writeFileSync(file, content);
  return file;
}

describe("readJsonLines", () => {
  it("reads one object a line and counts lines from 1, blank ones too", () => {
    expect(readJsonLines(write('\uFEFF{"a": 1}\r\n\n  \n{"a": "é"}'))).toEqual([
      { number: 1, columns: { a: 1 } },
      { number: 4, columns: { a: "é" } },
    ]);
  });

  it("reads back whatever was written, wherever a read ends within a line", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.constant("ü\u2028".repeat(30_000)));
    fc.assert(
      fc.property(fc.array(fc.record({ text, more: fc.jsonValue() }), { minLength: 1 }), (values) => {
        const rows = values.map((value) => JSON.parse(JSON.stringify(value)));
        const file = write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
        expect(readJsonLines(file).map(({ columns }) => columns)).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["", "has no rows; expected one JSON object a line"],
    ["\n \n", "has no rows; expected one JSON object a line"],
    ['{"a": 1}\n[1, 2]\n', "line 2: expected a JSON object, found [1,2]"],
    ["null\n", "line 1: expected a JSON object, found null"],
    ["12\n", "line 1: expected a JSON object, found 12"],
  ])("refuses %j", (content, message) => {
    const file = write(content);
    expect(() => readJsonLines(file)).toThrow(new DataError(`${file} ${message}`));
  });

  it("names line, reason and value of broken JSON, in one line", () => {
    const file = write(`{"a": 1}\n{"a": 1,\t${"x".repeat(200)}\n`);
    expect(() => readJsonLines(file)).toThrow(DataError);
    expect(() => readJsonLines(file)).toThrow(
      /^\S+ line 2: not valid JSON \(.*\); correct or remove .{1,60}$/,
    );
  });

  it("names the line that is not UTF-8", () => {
    const file = write(
      Buffer.concat([Buffer.from('{"a": 1}\n{"a": "'), Buffer.from([0xff]), Buffer.from('"}')]),
    );
    expect(() => readJsonLines(file)).toThrow(
      new DataError(`${file} line 2: not valid UTF-8; convert the file to UTF-8`),
    );
  });

  it("says that a file is missing or is a folder", () => {
    const missing = join(folder, "none.jsonl");
    expect(() => readJsonLines(missing)).toThrow(
      new DataError(`${missing}: there is no such file; paths are relative to the working directory`),
    );
    expect(() => readJsonLines(folder)).toThrow(DataError);
  });
});
