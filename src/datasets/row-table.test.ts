import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { locateDataFiles } from "./data-files.ts";
import { dataSource } from "./data-source.ts";
import { openRowTable, type RowTable } from "./row-table.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "table-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, lines.join("\n"));
  return file;
}

function open(given: object, warnings: string[] = []): RowTable {
  const source = dataSource.parse(given);
  return openRowTable(locateDataFiles(source), source, (message) => warnings.push(message));
}

const numbersOf = (table: RowTable) =>
  Array.from({ length: table.size }, (_, index) => table.at(index).columns.n);

describe("a table of rows", () => {
  test("gives any row in any order, of more pieces than it keeps", () => {
    const padding = "x".repeat(200_000);
    const size = 100;
    const file = write(
      "large.jsonl",
      Array.from({ length: size }, (_, n) => JSON.stringify({ n, padding })),
    );
    const table = open({ path: file });
    expect(table.size).toBe(size);
    fc.assert(
      fc.property(fc.nat(size - 1), (index) => {
        expect(table.at(index)).toEqual({ file, number: index + 1, columns: { n: index, padding } });
      }),
      { numRuns: 60 },
    );
  });

  test("a filter on a column that no row has is refused, one that some have is not", () => {
    const file = write("some.jsonl", ['{"n":1}', '{"n":2,"level":{"hard":true}}']);
    const filter = (column: string) => [{ column, equals: true, not: true }];
    expect(() => open({ path: file, filter: filter("levl") })).toThrow(
      `${file}: no row has column "levl", which "filter" names (columns: n)`,
    );
    expect(() => open({ path: file, filter: filter("level.easy") })).toThrow(
      'no row has column "level.easy"',
    );
    expect(numbersOf(open({ path: file, filter: filter("level.hard") }))).toEqual([1]);
  });

  test("filters, shuffles, shards and limits, in this order", () => {
    const file = write(
      "twenty.jsonl",
      Array.from({ length: 20 }, (_, n) => JSON.stringify({ n })),
    );
    const even = { path: file, filter: [{ column: "n", max: 9 }] };
    expect(numbersOf(open(even))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const shuffled = numbersOf(open({ ...even, shuffle: 7 }));
    expect(shuffled).not.toEqual(numbersOf(open(even)));
    const shards = [0, 1, 2].map((index) =>
      numbersOf(open({ ...even, shuffle: 7, shard: { index, of: 3 } })),
    );
    expect(shards[1]).toEqual(shuffled.filter((_, place) => place % 3 === 1));
    expect(shards.flat().sort()).toEqual([...shuffled].sort());
    expect(numbersOf(open({ ...even, shuffle: 7, shard: { index: 0, of: 3 }, limit: 2 }))).toEqual(
      shards[0]!.slice(0, 2),
    );
  });

  test("leaves out broken rows with one warning, or stops", () => {
    const file = write("broken.jsonl", ['{"n": 1}', "{", "[", '"', "7", '{"n": 2}']);
    const warnings: string[] = [];
    const table = open({ path: file, onBrokenRow: "skip" }, warnings);
    expect([numbersOf(table), table.broken]).toEqual([[1, 2], 4]);
    expect(warnings).toEqual([
      expect.stringMatching(/^left out 4 broken rows: .*jsonl row 2: not valid JSON.*; and 1 more$/),
    ]);
    expect(() => open({ path: file })).toThrow(/broken\.jsonl row 2: not valid JSON/);
  });

  test("says what left no row", () => {
    const file = write("none.jsonl", ['{"n": 1}', "{"]);
    expect(() => open({ path: write("empty.jsonl", []) })).toThrow(/empty\.jsonl has no rows$/);
    expect(() => open({ path: file, filter: [{ column: "n", min: 2 }], onBrokenRow: "skip" })).toThrow(
      /none\.jsonl has no rows left after the filter and 1 broken rows/,
    );
  });
});
