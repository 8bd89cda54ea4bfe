import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type DataFile, locateDataFiles } from "../../src/datasets/data-files.ts";
import { dataSource } from "../../src/datasets/data-source.ts";
import { formats } from "../../src/datasets/formats.ts";
import type { Row } from "../../src/datasets/row.ts";
import { streamRows } from "../../src/datasets/row-stream.ts";
import { openRowTable } from "../../src/datasets/row-table.ts";
import { dataFolder } from "./data.ts";

const { folder, absent } = dataFolder(".");

/** Files of rows; those of a saved data set belong to its folder, and other JSON holds no rows. */
const rowFiles = absent
  ? []
  : readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(jsonl|parquet|arrow|txt|csv)$/.test(file) || file.endsWith("cases.json"))
      .filter((file) => !/^(LICENSES|tokenizers)/.test(file))
      .concat(
        readdirSync(path.join(folder, "tokenizers/vectors"))
          .filter((file) => file.endsWith(".json"))
          .map((file) => `tokenizers/vectors/${file}`),
      )
      .sort();

async function read(files: readonly DataFile[], changes: object = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(files, dataSource.parse({ path: "x", ...changes }))) {
    rows.push(row);
  }
  return rows;
}

const readAt = (place: string, changes: object = {}) =>
  read(locateDataFiles({ path: path.join(folder, place), ...changes }));

const columnsOf = (rows: readonly Row[]) => rows.map(({ columns }) => columns);

const jsonLines = (file: string): unknown[] =>
  readFileSync(path.join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** Rows by file, as the table of the data's README gives them. */
function statedCounts(): Map<string, number> {
  const readme = readFileSync(path.join(folder, "README.md"), "utf8");
  const rows = readme.matchAll(/^\| `([^`]+)` \| [^|]* \| ([\d,]+)(?: \(x\d+\))? \|/gm);
  return new Map(Array.from(rows, ([, file, count]) => [file, Number(count.replaceAll(",", ""))]));
}

describe.skipIf(absent)("the shared data", () => {
  let stated: Map<string, number>;
  beforeAll(() => {
    stated = statedCounts();
  });

  test("has files and stated counts", () => {
    expect(rowFiles.length).toBeGreaterThan(20);
    expect([...stated.keys()].filter((file) => rowFiles.includes(file)).length).toBeGreaterThan(10);
  });

  test.each(rowFiles)(
    "%s: every row is read, in order, and again by index and from every mark",
    async (file) => {
      const files = locateDataFiles({ path: path.join(folder, file) });
      const rows = await read(files);
      expect(rows.length).toBe(stated.get(file) ?? rows.length);
      expect(rows.length).toBeGreaterThan(0);
      if (file.endsWith(".jsonl")) {
        expect(columnsOf(rows)).toEqual(jsonLines(file));
      }
      const table = openRowTable(files, dataSource.parse({ path: "x" }), () => {});
      expect(table.size).toBe(rows.length);
      for (let index = rows.length - 1; index >= 0; index -= 97) {
        expect(table.at(index)).toEqual(rows[index]);
      }
      const format = formats[files[0].format];
      const batches = [...format.batches(files[0].path, {})];
      for (const [index, { mark }] of batches.entries()) {
        const [again, next] = format.batches(files[0].path, {}, JSON.parse(JSON.stringify(mark)));
        expect(again).toEqual(batches[index]);
        expect(next?.mark).toEqual(batches[index + 1]?.mark);
      }
    },
  );

  test.each(rowFiles.filter((file) => /^train\/.*\.parquet$/.test(file)))(
    "%s equals its JSON Lines",
    async (file) => {
      expect(columnsOf(await readAt(file))).toEqual(jsonLines(file.replace(/parquet$/, "jsonl")));
    },
  );

  test.each(rowFiles.filter((file) => /^parquet-variants\/[^/]+\.(parquet|arrow)$/.test(file)))(
    "%s equals rows.jsonl",
    async (file) => {
      expect(columnsOf(await readAt(file))).toEqual(jsonLines("parquet-variants/rows.jsonl"));
    },
  );

  test.each(rowFiles.filter((file) => /upstream-verl\/.*\.parquet$/.test(file)))(
    "%s equals its rows",
    async (file) => {
      expect(columnsOf(await readAt(file))).toEqual(jsonLines(file.replace(/parquet$/, "jsonl")));
    },
  );

  const saved = "arrow/understand-r1-zero";
  const suite = path.join(folder, saved, "evaluation_suite");
  const splits = absent
    ? []
    : readdirSync(suite).filter((name) => existsSync(path.join(suite, name, "state.json")));

  test.each(splits)("the saved split %s is what pyarrow reads, by split and by folder", async (split) => {
    const rows = columnsOf(await readAt(`${saved}/evaluation_suite`, { split }));
    expect(rows).toEqual(jsonLines(`${saved}/expected/${split}.jsonl`));
    expect(columnsOf(await readAt(`${saved}/evaluation_suite/${split}`))).toEqual(rows);
  });

  test("the saved gsm_8k has its only split's 8,792 rows, and the sampled ones", async () => {
    const rows = await readAt(`${saved}/gsm_8k`);
    expect(rows).toHaveLength(8_792);
    const sampled = jsonLines(`${saved}/expected/gsm_8k.sample.jsonl`) as Record<string, unknown>[];
    expect(sampled.length).toBeGreaterThan(0);
    for (const { row, ...columns } of sampled) {
      expect(rows[row as number].columns).toEqual(columns);
    }
  });

  test("folders of several splits ask for one", () => {
    expect(() => locateDataFiles({ path: suite })).toThrow(
      /has several splits; set split to one of: aime, amc/,
    );
  });
});
