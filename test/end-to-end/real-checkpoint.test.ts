import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";

const fixtures = process.env.GPGRAD_FIXTURES ?? "../shared/fixtures";
const model = path.join(fixtures, "models/qwen2-untied");
const problems = path.join(fixtures, "../data/gsm8k/train.jsonl");

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-real-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!existsSync(model) || !existsSync(problems))(
  "recipes/gsm8k.yaml trains a checkpoint on real problems, resumes, and its result loads",
  async () => {
    const run = path.join(folder, "run");
    const set = ["--set", `task.path=${problems}`, "--set", "evaluate.problems=4"];
    const train = ["train", "recipes/gsm8k.yaml", "--model", model, "--output", run, "--json", ...set];
    const first = await gpgrad(...train, "--max-steps", "3");
    expect({ code: first.code, errors: first.errors }).toEqual({ code: 0, errors: "" });
    const steps = jsonLines(first.output).filter(({ type }) => type === "step");
    expect(steps).toHaveLength(3);
    for (const { signal, rollouts } of steps) {
      expect(signal).toMatchObject({ groups: 4, sampledCompletions: expect.any(Number) });
      expect(rollouts).toMatchObject({ completionLength: { min: expect.any(Number) } });
    }
    const resumed = await gpgrad(...train, "--max-steps", "4", "--resume");
    expect(resumed.code).toBe(0);
    expect(jsonLines(resumed.output)[0]).toMatchObject({ type: "run-resumed", step: 3 });
    const evaluation = await gpgrad("eval", run, "--problems", "2", "--json");
    expect(evaluation.code).toBe(0);
    expect(jsonLines(evaluation.output)).toHaveLength(3);
    const chat = await gpgrad("sample", run, "--chat", "--prompt", "What is 2 + 3?", "--max-tokens", "8");
    expect(chat).toMatchObject({ code: 0, errors: "" });
  },
);
