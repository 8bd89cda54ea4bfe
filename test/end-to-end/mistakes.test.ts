import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addToken, cutTo, damagedModel, editJson, storeAs } from "../support/damaged-model.ts";
import { gpgrad } from "../support/gpgrad.ts";

const recipe = "test/support/tiny.yaml";

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-mistakes-"));
  const run = path.join(folder, "run");
  expect((await gpgrad("train", recipe, "--output", run, "--max-steps", "1")).code).toBe(0);
  model = path.join(run, "checkpoints/step-000001");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What went wrong has to be one line on stderr, and nothing may be left behind. */
async function refused(code: number, words: string[], ...args: string[]): Promise<void> {
  const output = path.join(folder, "refused");
  const finished = await gpgrad(...args, ...(args[0] === "train" ? ["--output", output] : []));
  expect(finished.errors).toMatch(/^error: [^\n]+\n$/);
  for (const text of words) {
    expect(finished.errors).toContain(text);
  }
  expect({ code: finished.code, output: finished.output }).toEqual({ code, output: "" });
  expect(existsSync(output)).toBe(false);
}

const set = (...values: string[]) => values.flatMap((value) => ["--set", value]);

describe("a recipe", () => {
  test.each<[what: string, words: string[], ...args: string[]]>([
    ["a missing file", ["/nowhere/r.yaml", "there is no such file"], "train", "/nowhere/r.yaml"],
    ["a path through a file", [`${recipe}/r.yaml`, "there is no such file"], "train", `${recipe}/r.yaml`],
    [
      "a misspelt key",
      ["train.stepz", "did you mean train.steps?"],
      "train",
      recipe,
      ...set("train.stepz=1"),
    ],
    [
      "a value of another kind",
      ["train.steps", '"many"', "a number"],
      "train",
      recipe,
      ...set("train.steps=many"),
    ],
    [
      "an unknown task",
      ["task.name", '"math3"', "arithmetic | math"],
      "train",
      recipe,
      ...set("task.name=math3"),
    ],
    [
      "an unknown algorithm",
      ["algorithm.name", '"ggp"', "gpg"],
      "train",
      recipe,
      ...set("algorithm.name=ggp"),
    ],
    [
      "an unknown preset",
      ["algorithm.preset", '"papr"', "paper | open-r1"],
      "train",
      recipe,
      ...set("algorithm.preset=papr"),
    ],
    [
      "an unknown reward",
      ['task.rewards: unknown reward "acuracy"', 'did you mean "accuracy"?'],
      "train",
      recipe,
      ...set("task.rewards={ acuracy: 1 }"),
    ],
    ["no value to set", ["--set train.steps", "expected key=value"], "train", recipe, ...set("train.steps")],
  ])("%s", async (_, words, ...args) => refused(2, words, ...args));

  test("its own misspelling is named with file and line", async () => {
    const file = path.join(folder, "misspelt.yaml");
    writeFileSync(file, "name: x\ntask:\n  name: arithmetic\n  digit: 2\n");
    await refused(2, [`${file}:4`, "task.digit", "did you mean task.digits?"], "train", file);
  });

  test("broken YAML is named with file and line", async () => {
    const file = path.join(folder, "broken.yaml");
    writeFileSync(file, "name: x\ntask: { name: arithmetic\ntrain:\n");
    await refused(2, [`${file}:`, "not valid YAML"], "train", file);
  });
});

describe("data", () => {
  const math = (file: string) => [
    "train",
    "recipes/gsm8k.yaml",
    "--model",
    model,
    "--set",
    `task.path=${file}`,
  ];

  test.each(["/nowhere/d.jsonl", `${recipe}/d.jsonl`])("a missing file: %s", async (file) =>
    refused(1, [file, "no such file"], ...math(file)),
  );

  test("a row that is not JSON", async () => {
    const file = path.join(folder, "broken.jsonl");
    writeFileSync(file, '{"question": "1+1?", "answer": "#### 2"}\n{"question": \n');
    await refused(1, [`${file} row 2`, "not valid JSON"], ...math(file));
  });

  test("a row without an answer", async () => {
    const file = path.join(folder, "columns.jsonl");
    writeFileSync(file, '{"question": "1+1?", "solution": "2"}\n');
    await refused(1, [`${file} row 1`, '"answer" is missing', "answerColumn"], ...math(file));
  });
});

describe("a model", () => {
  const weights = "model.safetensors";
  const norm = "model.norm.weight";

  test.each<[what: string, words: string[], damage: (folder: string) => void]>([
    [
      "weights of integers",
      [weights, norm, "I64", "F32"],
      (at) => storeAs(path.join(at, weights), norm, "I64", 8),
    ],
    ["truncated weights", [weights, "bytes", "again"], (at) => cutTo(path.join(at, weights), 0.5)],
    [
      "weights cut inside their header",
      [weights, "header", "again"],
      (at) => cutTo(path.join(at, weights), 0.001),
    ],
    ["no weights", [weights, "Hugging Face model folder"], (at) => rmSync(path.join(at, weights))],
    [
      "a tokenizer with more tokens than the model",
      ["tokenizer", "vocab_size", "do not belong together"],
      addToken,
    ],
    ["no tokenizer", ["tokenizer.json"], (at) => rmSync(path.join(at, "tokenizer.json"))],
    [
      "weights of other sizes than its config",
      ["config.json", "shape"],
      (at) => editJson(path.join(at, "config.json"), (config) => ({ ...config, intermediate_size: 40 })),
    ],
    [
      "a family that is not known",
      ["config.json", "model_type", '"gpt2"', "qwen2"],
      (at) => editJson(path.join(at, "config.json"), (config) => ({ ...config, model_type: "gpt2" })),
    ],
    ["a config that is cut off", ["config.json", "JSON"], (at) => cutTo(path.join(at, "config.json"), 0.5)],
  ])("%s", async (what, words, damage) => {
    const damaged = damagedModel(model, path.join(folder, what.replaceAll(" ", "-")), damage);
    await refused(1, [damaged, ...words], "train", recipe, "--model", damaged);
    await refused(1, [damaged, ...words], "sample", damaged, "--prompt", "1+1=");
  });

  test("a folder that is not there", async () => {
    await refused(1, ["/nowhere/model", "--model"], "train", recipe, "--model", "/nowhere/model");
    await refused(1, ["/nowhere/model", "no such folder"], "sample", "/nowhere/model", "--prompt", "1+1=");
    await refused(1, ["/nowhere/model", "no such folder"], "eval", "/nowhere/model");
  });

  test("a model folder does not say what to evaluate", async () => {
    await refused(2, [model, "--recipe"], "eval", model);
  });
});

describe("limits", () => {
  test("prompts and completions that the model has no room for", async () => {
    await refused(
      2,
      ["train.maxPromptTokens 40", "sampling.maxTokens 30", "64 positions"],
      "train",
      recipe,
      ...set("train.maxPromptTokens=40", "sampling.maxTokens=30"),
    );
    await refused(
      2,
      ["3 tokens", "100", "64 positions"],
      "sample",
      model,
      "--prompt",
      "1+2",
      "--max-tokens",
      "100",
    );
  });

  test("a prompt over the limit is named, costs nothing, and the run goes on once the limit is raised", async () => {
    const run = path.join(folder, "limit");
    const train = ["train", recipe, "--output", run];
    const first = await gpgrad(...train, ...set("train.maxPromptTokens=3"));
    expect(first.code).toBe(1);
    expect(first.errors).toMatch(
      /^error: problem arithmetic\/[^\n]+ has \d+ tokens, the limit is 3; [^\n]*maxPromptTokens[^\n]*\n$/,
    );
    expect((await gpgrad(...train, "--resume", "--max-steps", "1")).code).toBe(0);
    expect(readdirSync(path.join(run, "checkpoints"))).toEqual(["step-000001"]);
  });
});

describe("the command line", () => {
  test.each([
    [["trian"], "Did you mean train?"],
    [["train"], "missing required argument 'recipe'"],
    [["train", recipe, "--frobnicate"], "unknown option '--frobnicate'"],
    [["train", recipe, "--max-steps", "none"], "'none' is invalid"],
    [["sample", "x"], "--prompt"],
  ])("%j", async (args, words) => {
    const { code, output, errors } = await gpgrad(...args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toMatch(/^error: [^\n]+\n$/);
    expect(errors).toContain(words);
  });

  test.each([[[]], [["train"]], [["eval"]], [["sample"]], [["push"]], [["quickstart"]]])(
    "%j --help",
    async (command: string[]) => {
      const { code, output, errors } = await gpgrad(...command, "--help");
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(output).toMatch(new RegExp(`^Usage: gpgrad ${command[0] ?? ""}`));
      expect(output).toContain(command.length > 0 ? "--json" : "quickstart");
    },
  );

  test("an error has no stack trace unless --debug asks for it", async () => {
    const { errors } = await gpgrad("train", "/nowhere/r.yaml", "--debug");
    expect(errors).toMatch(/^error: .*\nConfigError: /);
  });
});
