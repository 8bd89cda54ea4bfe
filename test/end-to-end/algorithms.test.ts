import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readJournal } from "../../src/trainer/journal.ts";
import { runPaths } from "../../src/trainer/run-folder.ts";
import { dataFolder } from "../parity/data.ts";
import { fixturesAbsent, fixturesFolder } from "../parity/fixtures.ts";
import { gpgrad } from "../support/gpgrad.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const { folder: gsm8k, absent } = dataFolder("gsm8k");
const model = path.join(fixturesFolder, "models/qwen2-untied");

/** Random weights never solve a problem, so completions are paid by what tells them apart. */
const reward = "export default ({ completion }) => ([...completion].length % 7) / 7;\n";

const everything = "beta=0.1,numIterations=2,minibatches=2";
const adapter = "lora={ rank: 2 }";
const algorithms: [name: string, settings: string, more: string[]][] = [
  ["grpo", everything, []],
  ["grpo", everything, [adapter]],
  ["gpg", "beta=0.1", [adapter]],
  ["dr-grpo", "", [adapter]],
  ["dapo", "maskTruncated=false,maxResampleRounds=1", [adapter]],
  ["rloo", "", [adapter]],
  ["reinforce++", "", [adapter, "train.completionsPerPrompt=1"]],
  ["sft", "", [adapter]],
];

describe.skipIf(absent || fixturesAbsent)("two steps on GSM8K", () => {
  test.each(algorithms)("%s (%s) with %j trains, stops and goes on", async (name, settings, more) => {
    const folder = temporaryFolder();
    const file = path.join(folder, "spread.mjs");
    writeFileSync(file, reward);
    const changes = [
      `task.path=${gsm8k}/train.jsonl`,
      "task.data.limit=64",
      `task.rewards={ spread: { file: ${JSON.stringify(file)}, weight: 1 } }`,
      `algorithm={ name: ${name}${settings.replace(/(^|,)(\w+)=/g, ", $2: ")} }`,
      ...["train.steps=2", "train.promptsPerStep=2", "train.completionsPerPrompt=4"],
      ...["sampling.maxTokens=8", "evaluate.problems=0", "compute.threads=1", "optimizer.learningRate=0.001"],
      ...more,
    ].flatMap((change) => ["--set", change]);
    const train = async (output: string, ...last: string[]) => {
      const args = ["train", "recipes/gsm8k.yaml", "--model", model, "--output", output];
      const { code, errors } = await gpgrad(...args, ...changes, ...last, "--json");
      expect({ code, errors: code === 0 ? "" : errors }).toEqual({ code: 0, errors: "" });
      return output;
    };
    const resumed = async () => {
      const parts = await train(path.join(folder, "parts"), "--max-steps", "1");
      return train(parts, "--resume");
    };
    const wholeToo = settings === everything;
    const [parts, whole] = await Promise.all([
      resumed(),
      wholeToo ? train(path.join(folder, "whole")) : null,
    ]);
    const steps = stepsOf(parts);
    expect(steps.map(({ step }) => step)).toEqual([1, 2]);
    expect(steps.every(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
    expect(steps[0]!.metrics === undefined).toBe(!settings.includes("beta"));
    if (whole !== null) {
      expect(steps).toEqual(stepsOf(whole));
      expect(weightsOf(parts)).toEqual(weightsOf(whole));
    }
  });
});

test("after a warm start the reference is what that taught, before and after a resume", async () => {
  const folder = temporaryFolder();
  const train = async (name: string, ...more: string[]) => {
    const output = path.join(folder, name);
    const changes = ["--set", "algorithm={ name: grpo, beta: 0.2 }", "--set", "train.steps=3"];
    const args = ["train", "test/support/tiny.yaml", "--output", output, ...changes, ...more, "--json"];
    expect((await gpgrad(...args)).code).toBe(0);
    return output;
  };
  const whole = await train("whole");
  await train("parts", "--max-steps", "6");
  const parts = await train("parts", "--resume");
  const reference = (run: string) => readFileSync(path.join(runPaths(run).reference, "model.safetensors"));
  expect(reference(parts)).toEqual(reference(whole));
  expect(weightsOf(parts, 7)).toEqual(weightsOf(whole, 7));
  const divergences = stepsOf(whole).flatMap(({ metrics }) => metrics?.kl ?? []);
  // The first reward meets the reference itself.
  expect(divergences[0]).toBeCloseTo(0, 6);
  expect(divergences.at(-1)).toBeGreaterThan(1e-6);
});

test.skipIf(absent || fixturesAbsent)("a key of another algorithm is refused by name", async () => {
  const { code, errors } = await gpgrad(
    ...["train", "recipes/gsm8k.yaml", "--model", model, "--output", path.join(temporaryFolder(), "refused")],
    ...["--set", "algorithm={ name: grpo, clipHight: 0.3 }", "--dry-run"],
  );
  expect({ code, errors }).toEqual({ code: 2, errors: expect.stringMatching(/clipHight.*clipHigh/) });
});

function stepsOf(run: string) {
  return readJournal(runPaths(run).journal).flatMap((event) => {
    if (event.type !== "step") {
      return [];
    }
    const { time, seconds, ...record } = event;
    return [record];
  });
}

function weightsOf(run: string, step = 2): Buffer[] {
  const checkpoint = path.join(runPaths(run).checkpoints, `step-00000${step}`);
  const files = readdirSync(checkpoint).filter((name) => name.endsWith(".safetensors"));
  return files.sort().map((name) => readFileSync(path.join(checkpoint, name)));
}
