import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { CheckpointError, ConfigError } from "../errors.ts";
import {
  claimSettings,
  evaluationPaths,
  makeEvaluationFolder,
  readJson,
  removeLeftovers,
} from "./evaluation-folder.ts";

const settings = { model: "abc", "aime24.samples": 4, template: "none" };

test("a folder is gone on with under the same settings, and refused under others by the first difference", () => {
  const folder = path.join(temporaryFolder(), "new");
  for (let time = 0; time < 2; time++) {
    makeEvaluationFolder(folder);
    claimSettings(folder, settings);
  }
  const claim = (changed: object) => () => claimSettings(folder, { ...settings, ...changed });
  expect(claim({ "aime24.samples": 8 })).toThrow(ConfigError);
  expect(claim({ "aime24.samples": 8 })).toThrow(
    `${folder} holds an evaluation with aime24.samples 4, this one has 8; set it back, or choose another folder with --output`,
  );
  expect(claim({ "amc23.samples": 1 })).toThrow("with amc23.samples unset, this one has 1");
  expect(() => claimSettings(folder, { model: "abc", template: "none" })).toThrow("this one has unset");
});

test("a folder of other things is left alone", () => {
  const folder = temporaryFolder();
  for (const name of ["thesis.tex", "lock-of-another"]) {
    writeFileSync(path.join(folder, name), "");
  }
  expect(() => makeEvaluationFolder(folder)).toThrow(ConfigError);
  expect(() => makeEvaluationFolder(folder)).toThrow('holds no evaluation, but "thesis.tex"');
  expect(readdirSync(folder).sort()).toEqual(["lock-of-another", "thesis.tex"]);
  writeFileSync(path.join(folder, "file"), "");
  expect(() => makeEvaluationFolder(path.join(folder, "file"))).toThrow(CheckpointError);
});

test("killed before its settings were written, it can be begun again; leftovers go", () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "journal"));
  mkdirSync(path.join(folder, "completions"));
  const leftovers = [".settings.json.tmp-12", path.join("completions", ".aime24.parquet.tmp-12")];
  for (const name of leftovers) {
    writeFileSync(path.join(folder, name), "half");
  }
  claimSettings(folder, settings);
  makeEvaluationFolder(folder);
  removeLeftovers(folder);
  expect(leftovers.some((name) => existsSync(path.join(folder, name)))).toBe(false);
});

test("settings that are no JSON object are named", () => {
  const folder = temporaryFolder();
  const { settings: file } = evaluationPaths(folder);
  for (const text of ["{", "[]", "3"]) {
    writeFileSync(file, text);
    expect(() => readJson(file)).toThrow(CheckpointError);
    expect(() => readJson(file)).toThrow(file);
  }
});
