import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { checkpointAt, newestCheckpoint } from "../../src/trainer/checkpoint.ts";
import { readJournal } from "../../src/trainer/journal.ts";
import { runPaths } from "../../src/trainer/run-folder.ts";
import { dataFolder } from "../parity/data.ts";
import { fixturesAbsent, fixturesFolder } from "../parity/fixtures.ts";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { folder: gsm8k, absent } = dataFolder("gsm8k");
const model = path.join(fixturesFolder, "models/qwen2-untied");
const recipes = readdirSync("recipes").filter((name) => name.endsWith("-tiny.yaml"));

async function run(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, output, errors } = await gpgrad(...args, "--json");
  expect({ code, errors: errors.replaceAll(/^warning:.*\n/gm, "") }).toEqual({ code: 0, errors: "" });
  return jsonLines(output);
}

describe.skipIf(absent || fixturesAbsent)("every tiny recipe", () => {
  test.each(recipes)("%s trains, is stopped, resumes and is evaluated on real problems", async (name) => {
    const folder = path.join(temporaryFolder(), "run");
    const small = [`task.path=${gsm8k}/train.jsonl`, "task.data.limit=200", "sampling.maxTokens=12"];
    const fewer = ["train.steps=2", "train.promptsPerStep=2", "evaluate.problems=2", "compute.threads=1"];
    const options = [...small, ...fewer].flatMap((change) => ["--set", change]);
    const train = (...more: string[]) =>
      run("train", `recipes/${name}`, "--model", model, "--output", folder, ...options, ...more);
    await train("--max-steps", "1");
    expect(checkpointAt(folder, 1).state.step).toBe(1);
    await train("--resume");
    expect(newestCheckpoint(folder)?.state.step).toBe(2);
    const events = readJournal(runPaths(folder).journal);
    const told = events.filter(({ type }) => ["step", "evaluation", "run-finished"].includes(type));
    expect(told.slice(-3)).toMatchObject([
      { type: "step", step: 2 },
      { type: "evaluation", step: 2, problems: 2 },
      { type: "run-finished", step: 2 },
    ]);
  });
});
