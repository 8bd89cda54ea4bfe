import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { startHubServer } from "../../test/support/hub-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { createTask } from "../tasks/registry.ts";
import { locateTaskData } from "./data-location.ts";
import { checkRecipe } from "./recipe.ts";
import { resumedRecipe } from "./resumed-recipe.ts";
import type { Recipe } from "./run-config.ts";
import { silence } from "./terminal.ts";

const originalEnvironment = { ...process.env };
afterEach(() => {
  process.env = { ...originalEnvironment };
});

const name = "maker/sums";
const rows = (from: number, count: number) =>
  Array.from(
    { length: count },
    (_, n) => `${JSON.stringify({ question: `${from + n} + 1?`, answer: from + n + 1 })}\n`,
  ).join("");

/** A hub with a data set of two splits in its second config. */
async function openHub() {
  const server = await startHubServer();
  process.env = { ...originalEnvironment, HF_ENDPOINT: server.endpoint, HF_HOME: temporaryFolder() };
  for (const variable of [
    "HF_TOKEN",
    "HF_HUB_OFFLINE",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_TOKEN_PATH",
  ]) {
    delete process.env[variable];
  }
  const add = (count: number) =>
    server.addCommit(`datasets:${name}`, {
      "README.md":
        "---\nconfigs:\n- {config_name: none, data_files: x/*}\n- {config_name: main, data_dir: main}\n---\n",
      "main/train.jsonl": rows(0, count),
      "main/test.jsonl": rows(1000, 4),
    });
  return { server, add };
}

const recipeOf = (task: object): Recipe =>
  checkRecipe({
    file: "r.yaml",
    value: {
      model: "some/model",
      task: { name: "math", ...task },
      train: { steps: 1, promptsPerStep: 1, completionsPerPrompt: 2 },
    },
    locate: () => "r.yaml",
  });

async function sizes(task: Recipe["task"]): Promise<[number, number]> {
  const { name: taskName, ...parameters } = (await locateTaskData(task, silence)).task;
  const { train, heldOut } = createTask(taskName, parameters, { seed: 1 });
  return [train.size, heldOut.size];
}

test("a task takes config and splits of a data set of the hub, and its recipe records the commit", async () => {
  const { add } = await openHub();
  const commit = add(10);
  const { task } = recipeOf({
    path: name,
    data: { config: "main", limit: 7 },
    heldOutData: { path: name, config: "main", split: "test" },
  });
  const { recorded } = await locateTaskData(task, silence);
  expect(recorded).toMatchObject({
    data: { path: name, config: "main", limit: 7, revision: commit },
    heldOutData: { path: name, config: "main", split: "test", revision: commit },
  });
  expect(recorded).not.toHaveProperty("path");
  expect(await sizes(task)).toEqual([7, 4]);
  add(3);
  expect(await sizes(task)).toEqual([3, 4]);
  expect(await sizes(recipeOf(recorded).task)).toEqual([7, 4]);
});

test("a resumed run takes the commit that it began with, unless another is named", async () => {
  const { add } = await openHub();
  const commit = add(10);
  const other = add(6);
  const given = recipeOf({ path: name, data: { config: "main" }, heldOutShare: 0 });
  const run = temporaryFolder();
  mkdirSync(run, { recursive: true });
  const began = recipeOf({ data: { path: name, config: "main", revision: commit }, heldOutShare: 0 });
  writeFileSync(path.join(run, "recipe.yaml"), stringify(began));
  const resumed = async (recipe: Recipe) => (await resumedRecipe(recipe, run, () => {})).task;
  expect(await resumed(given)).toEqual(began.task);
  expect(await sizes(await resumed(given))).toEqual([10, 0]);
  const pinned = recipeOf({ path: `${name}@${other}`, data: { config: "main" }, heldOutShare: 0 });
  expect(await sizes(await resumed(pinned))).toEqual([6, 0]);
  const local = recipeOf({ path: "x.jsonl" });
  expect(await resumed(local)).toEqual(local.task);
});

test("files of this machine come first, and names of files are never looked for on the hub", async () => {
  const { server } = await openHub();
  const file = path.join(temporaryFolder(), "rows.jsonl");
  writeFileSync(file, rows(0, 5));
  expect(await sizes(recipeOf({ path: file, heldOutShare: 0 }).task)).toEqual([5, 0]);
  await expect(sizes(recipeOf({ path: "data/none.jsonl" }).task)).rejects.toThrow(
    /none\.jsonl: there is no such file/,
  );
  await expect(sizes(recipeOf({ data: { path: file, revision: "v1" } }).task)).rejects.toThrow(
    /"revision" v1 is for data sets/,
  );
  expect(server.requests).toEqual([]);
  await expect(sizes(recipeOf({ path: "maker/none" }).task)).rejects.toThrow(/knows no such data set/);
});

test.each([
  [{}, /there is no "path"/],
  [{ data: {} }, /"data" has no path/],
  [{ path: "a.jsonl", data: { path: "b.jsonl" } }, /"path" and "data.path" both name data/],
])("%j is refused", async (task, words) => {
  await expect(sizes(recipeOf(task).task)).rejects.toThrow(words);
});
