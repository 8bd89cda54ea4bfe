import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { loadRecipe, writeRecipe } from "./recipe.ts";
import { resumedRecipe } from "./resumed-recipe.ts";
import type { Recipe } from "./run-config.ts";

async function resumed(before: Recipe["compute"] | null, now: Recipe["compute"]) {
  const runFolder = temporaryFolder();
  const recipe = await loadRecipe("test/support/tiny.yaml");
  if (before) {
    writeRecipe(path.join(runFolder, "recipe.yaml"), { ...recipe, compute: before });
  }
  const warnings: string[] = [];
  const { compute } = await resumedRecipe({ ...recipe, compute: now }, runFolder, (line) =>
    warnings.push(line),
  );
  return { compute, warnings };
}

test("a resumed run keeps the threads it began with", async () => {
  expect(await resumed({ threads: 3 }, {})).toEqual({ compute: { threads: 3 }, warnings: [] });
  expect(await resumed({ threads: 3 }, { threads: 3 })).toEqual({ compute: { threads: 3 }, warnings: [] });
});

test("other settings win, with a warning each", async () => {
  const { compute, warnings } = await resumed({ threads: 3 }, { threads: 4, samplerRows: 8 });
  expect(compute).toEqual({ threads: 4, samplerRows: 8 });
  expect(warnings).toEqual([
    expect.stringContaining("compute.threads is 4 and was 3"),
    expect.stringContaining("compute.samplerRows is 8 and was not set"),
  ]);
});

test("where no run has begun, nothing is kept", async () => {
  expect(await resumed(null, { threads: 2 })).toEqual({ compute: { threads: 2 }, warnings: [] });
});

const [commit, other] = ["0a".repeat(20), "0b".repeat(20)];

test.each<[given: string, before: string, resumed: string, warned: boolean]>([
  ["maker/base", `maker/base@${commit}`, `maker/base@${commit}`, false],
  ["maker/base@main", `maker/base@${commit}`, `maker/base@${commit}`, true],
  [`maker/base@${other}`, `maker/base@${commit}`, `maker/base@${other}`, false],
  ["maker/other", `maker/base@${commit}`, "maker/other", false],
  // Folders: one that the run had, and one that is there now.
  ["maker/base", "maker/base", "maker/base", false],
  ["src/hub", `src/hub@${commit}`, "src/hub", false],
])("a run on %s that began from %s goes on from %s", async (given, before, expected, warned) => {
  const runFolder = temporaryFolder();
  const recipe = await loadRecipe("test/support/tiny.yaml");
  writeRecipe(path.join(runFolder, "recipe.yaml"), { ...recipe, model: before });
  const warnings: string[] = [];
  const { model } = await resumedRecipe({ ...recipe, model: given }, runFolder, (line) =>
    warnings.push(line),
  );
  expect(model).toBe(expected);
  expect(warnings).toEqual(warned ? [expect.stringContaining(`the run began from ${before}`)] : []);
});
