import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importTable } from "./import-table.ts";
import { folderOf, forbiddenImports, importCircles, readImports, type SourceFiles } from "./imports.ts";

const source = path.join(import.meta.dirname, "../../src");
const mostLines = 400;

const allFiles: SourceFiles = new Map(
  readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => [file.split(path.sep).join("/"), readFileSync(path.join(source, file), "utf8")]),
);
const productFiles: SourceFiles = new Map([...allFiles].filter(([file]) => !/\.test\.tsx?$/.test(file)));

describe("src", () => {
  const imports = readImports(productFiles);

  test("imports what the import table allows and nothing else", () => {
    expect(forbiddenImports(imports)).toEqual([]);
  });

  test("has no import circle", () => {
    expect(importCircles(imports)).toEqual([]);
  });

  test("imports files that exist", () => {
    const missing = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !allFiles.has(target)).map((target) => `src/${file} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test(`has no file over ${mostLines} lines but generated ones`, () => {
    const long = [...allFiles]
      .filter(([file]) => !file.endsWith("_pb.ts"))
      .map(([file, text]) => ({ file, lines: text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > mostLines);
    expect(long).toEqual([]);
  });
});

describe("the import checker", () => {
  const check = (files: Record<string, string>): string[] =>
    forbiddenImports(readImports(new Map(Object.entries(files))));
  const circlesOf = (files: Record<string, string>): string[] =>
    importCircles(readImports(new Map(Object.entries(files))));

  test.each([
    ["a value", "trainer/train.ts", 'import { a } from "../engine/graph.ts";'],
    ["a type", "trainer/train.ts", 'import type { A } from "../compute/local/policy.ts";'],
    ["a side effect", "rewards/format.ts", 'import "../datasets/jsonl.ts";'],
    ["a re-export", "nn/linear.ts", 'export * from "../models/model.ts";'],
    ["a named re-export", "errors.ts", 'export { a } from "./engine/graph.ts";'],
    [
      "a dynamic import",
      "eval/evaluate.ts",
      'const a = async () => (await import("../trainer/train.ts")).a;',
    ],
    ["a type query", "tasks/task.ts", 'let a: import("../algorithms/gpg.ts").Gpg;'],
    ["the engine's own interfaces", "engine/graph.ts", 'import { a } from "../compute/sampler.ts";'],
    ["another service", "compute/tinker/client.ts", 'import { a } from "../vllm/client.ts";'],
    ["the local engine", "compute/tinker/client.ts", 'import { a } from "../local/policy.ts";'],
    ["more of the trainer than its journal", "dashboard/server.ts", 'import "../trainer/train.ts";'],
    ["the command line", "trainer/train.ts", 'import "../cli/main.ts";'],
    ["what lies outside of src", "cli/main.ts", 'import "../../test/support/run-events.ts";'],
    ["anything, from a folder without a row", "helpers/all.ts", 'import "../errors.ts";'],
  ])("catches %s", (_, file, text) => {
    expect(check({ [file]: text })).toEqual([expect.stringContaining(`src/${file}`)]);
  });

  test.each([
    ["layer 0", "optim/schedules.ts", 'import { ConfigError } from "../errors.ts";'],
    ["its own folder", "engine/backends/reference/backend.ts", 'import "../../graph.ts";'],
    ["its own service", "compute/vllm/client.ts", 'import "./messages.ts";'],
    [
      "what the table names",
      "compute/local/learner.ts",
      'import "../../optim/adamw.ts"; import "../learner.ts";',
    ],
    ["the one file the table names", "dashboard/server.ts", 'import "../trainer/journal.ts";'],
    ["everything, from the command line", "cli/main.ts", 'import "../compute/local/index.ts";'],
    ["packages", "engine/graph.ts", 'import fs from "node:fs"; import "onnxruntime-node";'],
    [
      "words in comments and texts",
      "nn/linear.ts",
      '// import "../cli/main.ts"\nconst a = \'import "../cli/a.ts"\';',
    ],
  ])("lets through %s", (_, file, text) => {
    expect(check({ [file]: text })).toEqual([]);
  });

  test("catches circles of two files, of one and through types", () => {
    expect(
      circlesOf({
        "engine/a.ts": 'import { b } from "./b.ts";',
        "engine/b.ts": 'import { c } from "./deep/c.ts"; import "../errors.ts";',
        "engine/deep/c.ts": 'import type { A } from "../a.ts";',
        "errors.ts": "",
      }),
    ).toEqual(["engine/a.ts -> engine/b.ts -> engine/deep/c.ts -> engine/a.ts"]);
    expect(circlesOf({ "nn/a.ts": 'export * from "./a.ts";' })).toEqual(["nn/a.ts -> nn/a.ts"]);
    expect(
      circlesOf({ "a.ts": 'import "./b.ts"; import "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": "" }),
    ).toEqual([]);
  });

  test("finds a row for every file of this repository and a meaning for every row's entry", () => {
    expect([...productFiles.keys()].filter((file) => !(folderOf(file) in importTable))).toEqual([]);
    const entries = Object.values(importTable).flatMap((row) => (row === "anything" ? [] : row));
    const unknown = entries.filter((entry) => !(entry in importTable) && !productFiles.has(entry));
    expect(unknown).toEqual([]);
  });
});
