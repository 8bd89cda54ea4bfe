import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parquetReadObjects } from "hyparquet";
import { asyncBufferFromFile } from "hyparquet/src/node.js";
import { afterAll, expect, test } from "vitest";
import type { SignalLedger } from "../../src/pipeline.ts";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";

const fixtures = process.env.GPGRAD_FIXTURES ?? "../shared/fixtures";
const model = path.join(fixtures, "models/qwen2-untied");
const problems = path.join(process.env.GPGRAD_DATA ?? "../shared/data", "gsm8k/train.jsonl");

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-real-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function readRollouts(run: string, step: number) {
  const name = `step-${String(step).padStart(6, "0")}.parquet`;
  return parquetReadObjects({ file: await asyncBufferFromFile(path.join(run, "rollouts", name)) });
}

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
    // Random weights answer next to nothing right, and the run has to say where this is why it learns nothing.
    const signals = steps.map(({ signal }) => signal as SignalLedger);
    for (const { informativeGroups, zeroLossReason } of signals) {
      if (informativeGroups > 0) {
        expect(zeroLossReason).toBeNull();
      } else {
        expect(zeroLossReason).toMatch(/^all 4 groups have equal rewards: all wrong/);
      }
    }
    expect(signals.some(({ allWrongGroups }) => allWrongGroups > 0)).toBe(true);
    expect(readdirSync(path.join(run, "checkpoints/step-000003")).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "optimizer.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "trainer-state.json",
    ]);
    for (const name of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]) {
      const kept = readFileSync(path.join(run, "checkpoints/step-000003", name));
      expect(kept.equals(readFileSync(path.join(model, name))), name).toBe(true);
    }
    const rows = await readRollouts(run, 1);
    const { sampledCompletions } = steps[0]!.signal as { sampledCompletions: number };
    expect(rows).toHaveLength(sampledCompletions);
    expect(rows[0]).toMatchObject({
      step: 1,
      problem_id: expect.stringMatching(/^math\/gsm8k\/train\/\d+$/),
      completion_tokens: expect.any(Number),
      reward: 0,
      reward_accuracy: 0,
      reward_format: 0,
      unscored_reason: null,
    });
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

test.skipIf(!existsSync(model))(
  "a checkpoint that imitated a few worked sums earns differing rewards, and GPG changes its weights",
  async () => {
    const sums = [1, 2, 3, 4, 5, 6].flatMap((a) =>
      [1, 2, 3, 4].map((b) => ({ question: `What is ${a} + ${b}?`, answer: `${a}+${b}\n#### ${a + b}` })),
    );
    const data = path.join(folder, "sums.jsonl");
    writeFileSync(data, `${sums.map((row) => JSON.stringify(row)).join("\n")}\n`);
    const imitation = 40;
    const run = path.join(folder, "sums");
    const { code, output, errors } = await gpgrad(
      ...["train", "recipes/gsm8k.yaml", "--model", model, "--output", run, "--json"],
      ...["--set", `task.path=${data}`, "--set", "train.steps=3", "--set", "sampling.maxTokens=48"],
      ...["--set", `warmStart={ steps: ${imitation}, batchSize: 8, learningRate: 0.01 }`],
      ...["--set", "evaluate.problems=0", "--set", "checkpoint={ every: 1, keep: 9, rollingEvery: 100 }"],
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const steps = jsonLines(output).filter(({ stage }) => stage === "train");
    const informative = steps.filter(
      ({ signal }) => (signal as { informativeGroups: number }).informativeGroups > 0,
    );
    expect(informative.length).toBeGreaterThan(0);
    const weights = (step: number) =>
      readFileSync(path.join(run, `checkpoints/step-0000${step}/model.safetensors`));
    for (const { step, gradientNorm } of informative as { step: number; gradientNorm: number }[]) {
      expect(gradientNorm).toBeGreaterThan(0);
      expect(weights(step).equals(weights(step - 1))).toBe(false);
      const rows = await readRollouts(run, step);
      expect(new Set(rows.map(({ reward }) => reward)).size).toBeGreaterThan(1);
      expect(rows.some(({ token_weight: weight }) => (weight as number) > 0)).toBe(true);
      expect(rows.some(({ token_weight: weight }) => (weight as number) < 0)).toBe(true);
    }
  },
);
