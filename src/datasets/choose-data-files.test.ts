import { describe, expect, test } from "vitest";
import { chooseDataFiles, type WantedFiles } from "./choose-data-files.ts";

const choose = (files: readonly string[], wanted: WantedFiles = {}, card: string | null = null) =>
  chooseDataFiles("maker/sums", files, card, wanted);

const gsm8k = [
  "README.md",
  "main/test-00000-of-00001.parquet",
  "main/train-00000-of-00001.parquet",
  "socratic/train-00000-of-00001.parquet",
];
const gsm8kCard = `---
license: mit
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
- config_name: socratic
  data_files:
  - split: train
    path: socratic/train-*
---
# GSM8K`;

describe("files by the card", () => {
  test("of a config and a split", () => {
    expect(choose(gsm8k, { config: "main" }, gsm8kCard)).toEqual(["main/train-00000-of-00001.parquet"]);
    expect(choose(gsm8k, { config: "main", split: "test" }, gsm8kCard)).toEqual([
      "main/test-00000-of-00001.parquet",
    ]);
    expect(choose(gsm8k, { config: "socratic" }, gsm8kCard)).toEqual([
      "socratic/train-00000-of-00001.parquet",
    ]);
    expect(() => choose(gsm8k, {}, gsm8kCard)).toThrow(
      /several configs; set config to one of: main, socratic/,
    );
    expect(() => choose(gsm8k, { config: "mian" }, gsm8kCard)).toThrow(
      /no config "mian"; set config to one of: main/,
    );
    expect(() => choose(gsm8k, { config: "socratic", split: "test" }, gsm8kCard)).toThrow(
      /no split "test"; set split to one of: train/,
    );
  });

  const files = ["a/x.jsonl", "a/y.jsonl", "a/deep/z.jsonl", "b/x.jsonl"];
  test.each<[string, string[]]>([
    ["data_files: a/x.jsonl", ["a/x.jsonl"]],
    ["data_files: [a/x.jsonl, b/*]", ["a/x.jsonl", "b/x.jsonl"]],
    ["data_files: 'a/**'", ["a/x.jsonl", "a/y.jsonl", "a/deep/z.jsonl"]],
    ["data_files: '**/x.jsonl'", ["a/x.jsonl", "b/x.jsonl"]],
    ["data_files: 'a/[!x].jsonl'", ["a/y.jsonl"]],
    ["data_files: '{a,b}/?.jsonl'", ["a/x.jsonl", "a/y.jsonl", "b/x.jsonl"]],
    ["data_files: {train: 'b/*'}", ["b/x.jsonl"]],
    ["data_files: [{split: train, path: [b/x.jsonl]}]", ["b/x.jsonl"]],
    ["data_files: './a/'", ["a/x.jsonl", "a/y.jsonl", "a/deep/z.jsonl"]],
    ["data_dir: b", ["b/x.jsonl"]],
    ["{data_dir: a, data_files: 'x*'}", ["a/x.jsonl"]],
  ])("%s", (declared, chosen) => {
    const inner = declared.startsWith("{") ? declared : `{${declared}}`;
    const card = `---\nconfigs:\n- ${inner.replace("{", "{config_name: default, ")}\n---\n`;
    expect(choose(files, {}, card)).toEqual(chosen);
  });

  test.each(["---\nconfigs: 5\n---\n", "---\n: [\n---\n", "no head", "---\nlicense: mit\n---\n"])(
    "%j declares none",
    (card) => {
      expect(choose(["train.jsonl"], {}, card)).toEqual(["train.jsonl"]);
    },
  );
});

describe("files by their names", () => {
  test.each<[string[], WantedFiles, string[]]>([
    [["rows.jsonl", "more.jsonl"], {}, ["rows.jsonl", "more.jsonl"]],
    [["train.csv", "test.csv"], {}, ["train.csv"]],
    [["data/my-test-file.csv", "data/train_v2.csv"], { split: "test" }, ["data/my-test-file.csv"]],
    [["dev/0.jsonl", "train/0.jsonl"], { split: "validation" }, ["dev/0.jsonl"]],
    [["latest.jsonl", "contest.jsonl"], {}, ["latest.jsonl", "contest.jsonl"]],
    [["en/train.jsonl", "de/train.jsonl"], { config: "de" }, ["de/train.jsonl"]],
    [
      ["data/extra-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"],
      { split: "extra" },
      ["data/extra-00000-of-00001.parquet"],
    ],
    [["train.parquet", "train.csv", "dataset_infos.json", ".cache/x.parquet"], {}, ["train.parquet"]],
    [["train.parquet", "train.csv"], { format: "csv" }, ["train.csv"]],
    [["LICENSE.txt", "train.jsonl"], {}, ["train.jsonl"]],
    [["words.txt"], { format: "text" }, ["words.txt"]],
    [
      ["main/train/0000.parquet", "main/train/0001.parquet"],
      {},
      ["main/train/0000.parquet", "main/train/0001.parquet"],
    ],
    [
      ["a/partial-train/0000.parquet", "b/train/0000.parquet"],
      { config: "a" },
      ["a/partial-train/0000.parquet"],
    ],
  ])("%j with %j", (files, wanted, chosen) => {
    expect(choose(files, wanted)).toEqual(chosen);
  });

  test("none, or several to choose from", () => {
    expect(choose(["README.md", "script.py", "requirements.txt"])).toBeNull();
    expect(choose(["train.csv"], { format: "parquet" })).toBeNull();
    expect(() => choose(["dev.csv", "test.csv"])).toThrow(
      /several splits; set split to one of: validation, test/,
    );
    expect(() => choose(["a/train/0000.parquet", "b/train/0000.parquet"])).toThrow(/several configs.*: a, b/);
    expect(() => choose(["en/x.csv"], { config: "fr" })).toThrow(/no config "fr"; set config to one of: en/);
  });
});
