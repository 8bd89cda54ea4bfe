import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import type { DataFile } from "./data-files.ts";
import { dataSource } from "./data-source.ts";
import type { BrokenRow, Row } from "./row.ts";
import { type StreamOptions, type StreamPosition, streamRows } from "./row-stream.ts";

let folder: string;
let files: DataFile[];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stream-"));
  files = numberFiles([5, 0, 1, 9], true);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of rows `{ n }` that count on, with blank and broken lines in between where `broken` says so. */
function numberFiles(sizes: readonly number[], broken = false): DataFile[] {
  const inside = mkdtempSync(path.join(folder, "files-"));
  let n = 0;
  return sizes.map((size, index) => {
    const file = path.join(inside, `${index}.jsonl`);
    const lines = Array.from(
      { length: size },
      () => `${JSON.stringify({ n: n++ })}\n${broken ? "{oops\n\n" : ""}`,
    );
    writeFileSync(file, lines.join(""));
    return { path: file, format: "jsonl" };
  });
}

const numbersOf = (rows: readonly Row[]) => rows.map(({ columns }) => columns.n as number);

async function collect(
  files: readonly DataFile[],
  source: object,
  options: StreamOptions = {},
  most = Number.POSITIVE_INFINITY,
): Promise<{ rows: Row[]; position: StreamPosition; broken: number }> {
  const stream = streamRows(files, dataSource.parse({ path: "x", ...source }), options);
  const rows: Row[] = [];
  if (most > 0) {
    for await (const row of stream) {
      rows.push(row);
      if (rows.length === most) {
        break;
      }
    }
  }
  return { rows, position: JSON.parse(JSON.stringify(stream.position())), broken: stream.broken };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

describe("a stream of rows", () => {
  const source = fc.record(
    {
      shuffle: fc.integer(),
      shard: fc.constantFrom({ index: 0, of: 2 }, { index: 2, of: 3 }),
      limit: fc.integer({ min: 1, max: 12 }),
      filter: fc.constantFrom([{ column: "n", min: 3 }], [{ column: "n", in: [1, 5, 14] }]),
    },
    { requiredKeys: [] },
  );
  const options = fc.record({
    window: fc.integer({ min: 1, max: 20 }),
    epoch: fc.integer({ min: 0, max: 3 }),
    part: fc.constantFrom(
      undefined,
      { side: "train" as const, share: 0.3, seed: 1 },
      { side: "heldOut" as const, share: 0.3, seed: 1 },
    ),
  });

  test("goes on from any position, in any number of pieces, as if it had never stopped", async () => {
    await fc.assert(
      fc.asyncProperty(source, options, fc.array(fc.nat(6), { maxLength: 6 }), async (given, how, stops) => {
        const skipping = { ...given, onBrokenRow: "skip" };
        const whole = await collect(files, skipping, how);
        const rows: Row[] = [];
        let from: StreamPosition | undefined;
        for (const stop of stops) {
          const piece = await collect(files, skipping, { ...how, from }, stop);
          rows.push(...piece.rows);
          from = piece.position;
        }
        const last = await collect(files, skipping, { ...how, from });
        expect([...rows, ...last.rows]).toEqual(whole.rows);
        if (given.limit === undefined) {
          expect(last.broken).toBe(whole.broken);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("shards part the rows, and so do the two sides of a split", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.integer(), { nil: undefined }),
        fc.integer({ min: 1, max: 5 }),
        async (shuffle, of) => {
          const from = (index: number) => ({ shuffle, shard: { index, of }, onBrokenRow: "skip" });
          const shards = await Promise.all(
            upTo(of).map((index) => collect(files, from(index), { window: 4 })),
          );
          expect(sorted(shards.flatMap(({ rows }) => numbersOf(rows)))).toEqual(upTo(15));
          const sizes = shards.map(({ rows }) => rows.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          const side = (name: "train" | "heldOut") =>
            collect(files, { shuffle, onBrokenRow: "skip" }, { part: { side: name, share: 0.4, seed: of } });
          const sides = await Promise.all([side("train"), side("heldOut")]);
          expect(sorted(sides.flatMap(({ rows }) => numbersOf(rows)))).toEqual(upTo(15));
        },
      ),
      { numRuns: 20 },
    );
  });

  test("holds out about the wanted share, by the split's seed and not by the order", async () => {
    const many = numberFiles([2000]);
    const part = { side: "heldOut" as const, share: 0.25, seed: 3 };
    const plain = numbersOf((await collect(many, {}, { part })).rows);
    const shuffled = numbersOf((await collect(many, { shuffle: 1 }, { part })).rows);
    expect(plain.length / 2000).toBeCloseTo(0.25, 1);
    expect(shuffled).not.toEqual(plain);
    expect(sorted(shuffled)).toEqual(plain);
  });

  test("shuffles by seed and epoch, all rows where they fit into a window", async () => {
    const many = numberFiles([300, 200]);
    const order = async (shuffle: number, how: StreamOptions = {}) =>
      numbersOf((await collect(many, { shuffle }, how)).rows);
    const first = await order(1);
    expect(sorted(first)).toEqual(upTo(500));
    expect(await order(1)).toEqual(first);
    expect(await order(2)).not.toEqual(first);
    expect(await order(1, { epoch: 1 })).not.toEqual(first);
    // Rows of one file stand among those of the other.
    expect(Math.min(...first.slice(0, 50).map((n) => Math.abs(n - 400)))).toBeLessThan(100);
    expect(first.slice(0, 100).filter((n) => n < 300).length).toBeGreaterThan(30);
    expect(sorted(await order(1, { window: 7 }))).toEqual(upTo(500));
  });

  test("counts broken rows and tells file and row of each, or stops at the first", async () => {
    const seen: BrokenRow[] = [];
    const { broken, rows } = await collect(
      files,
      { onBrokenRow: "skip" },
      { onBroken: (row) => seen.push(row) },
    );
    expect([rows.length, broken, seen.length]).toEqual([15, 15, 15]);
    expect(seen[1]).toMatchObject({
      file: files[0]!.path,
      number: 5,
      reason: expect.stringContaining("not valid JSON"),
    });
    await expect(collect(files, {})).rejects.toThrow(DataError);
    await expect(collect(files, {})).rejects.toThrow(
      /0\.jsonl row 2: not valid JSON .*"onBrokenRow" to "skip"/,
    );
  });

  test("renames columns, before they are filtered", async () => {
    const { rows } = await collect(numberFiles([4]), {
      columns: { count: "n" },
      filter: [{ column: "count", max: 1 }],
    });
    expect(rows.map(({ columns, number }) => [columns, number])).toEqual([
      [{ count: 0 }, 1],
      [{ count: 1 }, 2],
    ]);
    await expect(collect(numberFiles([1]), { columns: { a: "m" } })).rejects.toThrow(
      /row 1: column "m", which "columns" calls "a", is missing \(columns: n\)/,
    );
  });

  test("refuses a position of a source with more files", async () => {
    const { position } = await collect(files, { onBrokenRow: "skip" });
    expect(() => streamRows([], dataSource.parse({ path: "x" }), { from: position })).toThrow(
      /saved position is in file 4 of a source that has 0/,
    );
  });
});
