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
    const fewer = ["train.promptsPerStep=2", "evaluate.problems=0", "compute.threads=1"];
    const options = [...small, ...fewer].flatMap((change) => ["--set", change]);
    const train = (...more: string[]) =>
      run("train", `recipes/${name}`, "--model", model, "--output", folder, ...options, ...more);
    await train("--max-steps", "1");
    expect(checkpointAt(folder, 1).state.step).toBe(1);
    await train("--max-steps", "2", "--resume");
    expect(newestCheckpoint(folder)?.state.step).toBe(2);
    const steps = readJournal(runPaths(folder).journal).filter(({ type }) => type === "step");
    expect(steps).toMatchObject([{ step: 1 }, { step: 2 }]);
    const evaluated = await run("eval", folder, "--problems", "2");
    expect(evaluated.at(-1)).toMatchObject({ problems: 2 });
  });
});
