import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gpgrad, jsonLines, startGpgrad } from "../support/gpgrad.ts";

const recipe = "test/support/tiny.yaml";
const totalSteps = 9;

let folder: string;
let run: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-end-to-end-"));
  run = path.join(folder, "run");
  const { code, output, errors } = await gpgrad("train", recipe, "--output", run, "--json");
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const events = jsonLines(output);
  expect(events[0]).toMatchObject({ type: "run-started", recipe: "tiny", totalSteps });
  expect(events.filter(({ type }) => type === "step")).toHaveLength(totalSteps);
  // Else the tests below would compare weights that GPG never touched.
  const updates = events.filter(
    ({ stage, gradientNorm }) => stage === "train" && (gradientNorm as number) > 0,
  );
  expect(updates.length).toBeGreaterThan(0);
  expect(events.at(-1)).toMatchObject({ type: "result", runFolder: run, finished: true, step: totalSteps });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const weights = (directory: string) =>
  readFileSync(path.join(directory, "checkpoints/step-000009/model.safetensors"));

test("a run folder holds recipe, journal, rollouts and a model folder", () => {
  for (const name of [
    "recipe.yaml",
    "journal.jsonl",
    "rollouts/step-000005.parquet",
    "checkpoints/step-000009/config.json",
    "checkpoints/step-000009/model.safetensors",
    "checkpoints/step-000009/tokenizer.json",
  ]) {
    expect(existsSync(path.join(run, name)), name).toBe(true);
  }
});

test("the completed recipe trains the same weights, bit for bit", async () => {
  const again = path.join(folder, "again");
  const { code } = await gpgrad("train", path.join(run, "recipe.yaml"), "--output", again);
  expect(code).toBe(0);
  expect(weights(again).equals(weights(run))).toBe(true);
});

test("each step has the learning rate of its schedule, from the first step to the last", async () => {
  const { code, output } = await gpgrad(
    ...["train", recipe, "--output", path.join(folder, "scheduled"), "--json"],
    ...["--set", "warmStart=null", "--set", "train.steps=2", "--set", "algorithm.maxResampleRounds=0"],
    ...["--set", "optimizer={ learningRate: 0.001, schedule: { name: linear } }"],
  );
  expect(code).toBe(0);
  const rates = jsonLines(output).flatMap(({ type, learningRate }) =>
    type === "step" ? [learningRate] : [],
  );
  expect(rates).toEqual([0.001, 0.0005]);
});

test("stopped by --max-steps in either stage and resumed, it ends with the same weights", async () => {
  const stopped = path.join(folder, "stopped");
  const train = ["train", recipe, "--output", stopped];
  const first = await gpgrad(...train, "--max-steps", "2");
  expect(first.code).toBe(0);
  expect(first.output).toContain("stopped after step 2 of 9");
  expect((await gpgrad(...train, "--max-steps", "7", "--resume")).code).toBe(0);
  const last = await gpgrad(...train, "--resume");
  expect(last.output).toContain("resumed after step 7 of 9");
  expect(last.code).toBe(0);
  expect(weights(stopped).equals(weights(run))).toBe(true);
});

test("Ctrl-C ends after the step in flight with a checkpoint, from which the run goes on to the same weights", async () => {
  const interrupted = path.join(folder, "interrupted");
  const train = ["train", recipe, "--output", interrupted, "--json"];
  const running = startGpgrad(...train);
  await running.seen('"step":2,');
  running.process.kill("SIGINT");
  const { code, output, errors } = await running.finished;
  expect(code).toBe(0);
  expect(errors).toBe("stopping after this step; Ctrl-C again quits at once\n");
  expect(jsonLines(output).at(-1)).toMatchObject({
    type: "result",
    finished: false,
    checkpoint: expect.any(String),
  });
  expect((await gpgrad(...train, "--resume")).code).toBe(0);
  expect(weights(interrupted).equals(weights(run))).toBe(true);
});

test("a folder that holds a run is not overwritten, and a resume with another recipe leaves it alone", async () => {
  const taken = await gpgrad("train", recipe, "--output", run);
  expect(taken.code).toBe(2);
  expect(taken.errors).toContain("already holds a run; add --resume to continue it");
  const before = readFileSync(path.join(run, "recipe.yaml"), "utf8");
  const other = await gpgrad("train", recipe, "--output", run, "--resume", "--seed", "5");
  expect(other.code).toBe(1);
  expect(other.errors).toMatch(/^error: .*seed.*\n$/);
  expect(readFileSync(path.join(run, "recipe.yaml"), "utf8")).toBe(before);
});

test("without a TTY, progress is plain lines", async () => {
  const { output } = await gpgrad("train", recipe, "--output", path.join(folder, "plain"));
  expect(output).not.toContain("\u001b");
  expect(output).not.toContain("\r");
  expect(output).toMatch(/^warm start 4\/4 · loss /m);
  expect(output).toMatch(/^step 9\/9 · reward .* of 4 groups informative/m);
  expect(output).toMatch(/^evaluation \(held-out\) after step 9: accuracy /m);
});

test("sample talks to a run folder and to a model folder alike", async () => {
  const fromRun = await gpgrad("sample", run, "--prompt", "1+2=");
  expect(fromRun).toMatchObject({ code: 0, errors: "", output: expect.stringMatching(/^1\+2=.*\n$/) });
  const model = path.join(run, "checkpoints/step-000009");
  expect((await gpgrad("sample", model, "--prompt", "1+2=")).output).toBe(fromRun.output);
});

test("sample --json prints one object a completion; a seed fixes the draws", async () => {
  const sample = [
    "sample",
    run,
    "--prompt",
    "1+2=",
    "--count",
    "3",
    "--seed",
    "4",
    "--max-tokens",
    "6",
    "--json",
  ];
  const { code, output } = await gpgrad(...sample);
  expect(code).toBe(0);
  const lines = jsonLines(output);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({
    prompt: "1+2=",
    completion: expect.any(String),
    finishReason: expect.any(String),
  });
  expect(lines.every(({ tokens }) => (tokens as number) <= 6)).toBe(true);
  expect((await gpgrad(...sample)).output).toBe(output);
});

test("sample refuses a character that the model does not know, in one line", async () => {
  const { code, errors } = await gpgrad("sample", run, "--prompt", "one");
  expect(code).toBe(1);
  expect(errors).toMatch(/^error: .*\n$/);
});

test("eval measures what training measured at its end", async () => {
  const { code, output } = await gpgrad("eval", run, "--json");
  expect(code).toBe(0);
  const lines = jsonLines(output);
  expect(lines).toHaveLength(6);
  const journal = jsonLines(readFileSync(path.join(run, "journal.jsonl"), "utf8"));
  const last = journal.findLast(({ type }) => type === "evaluation");
  expect(lines.at(-1)).toMatchObject({ type: "summary", problems: 5, metrics: last?.metrics });
});

test("limits that the model has no room for are refused before training", async () => {
  const { code, errors } = await gpgrad(
    "train",
    recipe,
    "--output",
    path.join(folder, "x"),
    "--set",
    "sampling.maxTokens=60",
  );
  expect(code).toBe(2);
  expect(errors).toContain(
    "train.maxPromptTokens 16 and sampling.maxTokens 60 exceed the 64 positions of model",
  );
  expect(existsSync(path.join(folder, "x"))).toBe(false);
});

test("quickstart ends with its summary, draws the curve, and its printed command works", async () => {
  const quick = path.join(folder, "quick");
  const small = [
    "warmStart.steps=3",
    "train.steps=2",
    "train.promptsPerStep=2",
    "evaluate.problems=4",
    "model.layers=1",
  ];
  const set = small.flatMap((value) => ["--set", value]);
  const json = await gpgrad("quickstart", "--seed", "3", "--output", quick, "--json", ...set);
  expect(json.code).toBe(0);
  const summary = jsonLines(json.output).at(-1)!;
  expect(Object.keys(summary)).toEqual(["seed", "before", "after", "seconds", "parameters"]);
  expect(summary.seed).toBe(3);
  expect(readFileSync(path.join(quick, "learning-curve.svg"), "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);

  const words = await gpgrad("quickstart", "--output", path.join(folder, "words"), ...set);
  expect(words.code).toBe(0);
  expect(words.output).toContain("before (after the warm start)");
  expect(words.output.match(/✓ right|✗ wrong/g)).toHaveLength(3);
  const command = /npx gpgrad (sample) (\S+) (--prompt) "(.*)"/.exec(words.output)!;
  const talk = await gpgrad(...command.slice(1));
  expect(talk.code).toBe(0);
  expect(talk.output.startsWith(command[4])).toBe(true);
});
