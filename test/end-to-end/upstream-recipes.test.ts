import path from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder } from "../parity/data.ts";
import { fixturesAbsent, fixturesFolder } from "../parity/fixtures.ts";
import { gpgrad } from "../support/gpgrad.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { folder: gsm8k, absent } = dataFolder("gsm8k");
const { folder: upstream } = dataFolder("recipes-upstream");
const model = path.join(fixturesFolder, "models/qwen2-untied");

/** Upstream's own file on a small model and local problems; with room for both in its 512 positions. */
function train(file: string, ...more: string[]) {
  const changes = [
    `task.path=${gsm8k}/train.jsonl`,
    "task.data.limit=100",
    'task.systemPrompt=""',
    "train.maxPromptTokens=384",
    "sampling.maxTokens=12",
  ];
  const set = changes.flatMap((change) => ["--set", change]);
  return gpgrad("train", path.join(upstream, file), "--model", model, ...set, ...more);
}

describe.skipIf(absent || fixturesAbsent)("upstream's own file is a recipe", () => {
  test("gpg.yaml trains, with one warning on how it was read", async () => {
    const run = path.join(temporaryFolder(), "run");
    const small = ["--set", "num_processes=1", "--set", "gradient_accumulation_steps=2", "--max-steps", "1"];
    const { code, output, errors } = await train("open-rs/gpg.yaml", "--output", run, ...small);
    expect(errors).toMatch(
      /^warning: .*gpg\.yaml is an upstream recipe and read as one of open-rs for gpg, .*\n$/,
    );
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining("stopped after step 1 of 100"),
    });
  });

  test("an SFT file passes the checks before a run", async () => {
    const { code, errors } = await train("open-r1/OpenR1-Qwen-7B/sft/config_v1.yaml", "--dry-run");
    expect({ code, told: errors.includes("for sft, as its keys say") }).toEqual({ code: 0, told: true });
  });

  test("an accelerate file is wrong use", async () => {
    const { code, errors } = await train("open-r1/accelerate_configs/zero2.yaml");
    expect({ code, errors }).toEqual({
      code: 2,
      errors: expect.stringContaining("this is an accelerate file"),
    });
  });
});
