import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { checkRecipe, loadRecipe, writeRecipe } from "./recipe.ts";
import { applyOverrides, parseOverride, parseRecipe } from "./recipe-source.ts";

const minimal = `model: some/folder
task:
  name: arithmetic
train:
  steps: 3
  promptsPerStep: 2
  completionsPerPrompt: 4
`;

const check = (text: string, ...overrides: string[]) =>
  checkRecipe(applyOverrides(parseRecipe(text, "recipes/try.yaml"), overrides.map(parseOverride)));

function failure(text: string, ...overrides: string[]): string {
  try {
    check(text, ...overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).not.toContain("\n");
    return (error as Error).message;
  }
  throw new Error("the recipe was accepted");
}

describe("a complete recipe", () => {
  test("takes defaults, the task's own parameters and the name of its file", () => {
    const recipe = check(minimal);
    expect(recipe).toMatchObject({
      name: "try",
      seed: 1,
      warmStart: null,
      task: { name: "arithmetic", digits: 1 },
      algorithm: { name: "gpg", preset: "paper", alpha: "groups", informativeShare: 0.6 },
      sampling: { temperature: 1, maxTokens: 256, stop: [] },
      optimizer: { betas: [0.9, 0.999], maxGradientNorm: 1, schedule: { name: "constant" } },
      checkpoint: { rollingEvery: 1 },
    });
    expect(recipe).not.toHaveProperty("output");
  });

  test("a preset's settings can be replaced one by one", () => {
    expect(
      check(minimal, "algorithm={name: gpg, preset: open-rs, maxResampleRounds: 4}").algorithm,
    ).toMatchObject({
      normalisation: "group-std",
      alpha: "off",
      maxResampleRounds: 4,
    });
  });
});

describe("a mistake names where, what and the way out", () => {
  test.each([
    [
      "an unknown key",
      "train.stpes=3",
      "--set train.stpes=3: train.stpes is not a known key; did you mean train.steps?",
    ],
    [
      "another spelling",
      "train.prompts_per_step=3",
      "--set train.prompts_per_step=3: train.prompts_per_step is not a known key; did you mean train.promptsPerStep?",
    ],
    [
      "a key of another section",
      "train.learningRate=1e-6",
      "--set train.learningRate=1e-6: train.learningRate is not a known key; did you mean warmStart.learningRate or optimizer.learningRate?",
    ],
    [
      "an unknown key at the top",
      "samplin.x=3",
      "--set samplin.x=3: samplin is not a known key; did you mean sampling?",
    ],
    ["a key of another task", "task.path=x", "--set task.path=x: task.path is not a known key; known here: "],
    [
      "an unknown key in a list",
      "task.rewards=[{ name: format, wieght: 1 }]",
      "task.rewards.0.wieght is not a known key; did you mean task.rewards.0.weight?",
    ],
    [
      "no reward at all",
      "task.rewards={}",
      "--set task.rewards={}: task.rewards is {}; expected at least one reward",
    ],
    [
      "text for a number",
      "train.steps=many",
      '--set train.steps=many: train.steps is "many"; expected a number',
    ],
    [
      "a warmup of a schedule that has none",
      "optimizer.schedule.warmupSteps=2",
      '--set optimizer.schedule.warmupSteps=2: optimizer.schedule is {"warmupSteps":2}; expected one that fits: constant has no warmup; choose constant_with_warmup',
    ],
    [
      "a schedule without its minimum",
      "warmStart={ steps: 2, batchSize: 2, learningRate: 0.1, schedule: { name: cosine_with_min_lr } }",
      "expected one that fits: cosine_with_min_lr needs exactly one of minLearningRate and minLearningRateRatio",
    ],
    [
      "settings of an algorithm that do not fit together",
      "algorithm={ name: grpo, divergence: pinsker, beta: 0.1, numIterations: 2 }",
      "expected settings that fit: ",
    ],
    [
      "a temperature that divides logits out of range",
      "sampling.temperature=1e-7",
      "--set sampling.temperature=1e-7: sampling.temperature is 1e-7; expected 0 for the most likely token or from 1e-6 to 1e6",
    ],
    ["half a step", "train.steps=1.5", "--set train.steps=1.5: train.steps is 1.5; expected a whole number"],
    [
      "too few",
      "train.promptsPerStep=0",
      "--set train.promptsPerStep=0: train.promptsPerStep is 0; expected a number of at least 1",
    ],
    [
      "a name that is not there",
      "optimizer.schedule.name=cosin",
      '--set optimizer.schedule.name=cosin: optimizer.schedule.name is "cosin"; expected constant | ',
    ],
    [
      "an unknown task",
      "task.name=chess",
      '--set task.name=chess: task.name is "chess"; expected arithmetic | math',
    ],
    ["an unknown preset", "algorithm.preset=x", "algorithm.preset=x: algorithm.preset"],
    ["a number for a section", "sampling=3", "--set sampling=3: sampling is 3; expected a section"],
    ["one beta", "optimizer.betas=[0.9]", "--set optimizer.betas=[0.9]: optimizer.betas is [0.9]; expected"],
    [
      "sizes that lack one",
      "model={hiddenSize: 64, layers: 2, heads: 4, keyValueHeads: 2, intermediateSize: 128}",
      "model.maxPositions is missing; expected a number",
    ],
    [
      "a number for a model",
      "model=3",
      "--set model=3: model is 3; expected a model folder or ORG/NAME[@REVISION] on the hub (also as --model), or",
    ],
  ])("%s", (_, override, message) => {
    expect(failure(`${minimal}algorithm: {name: gpg}\n`, override)).toContain(message);
  });

  test("in the file: with the line", () => {
    expect(failure(minimal.replace("steps: 3", "steps: three"))).toBe(
      'recipes/try.yaml:5: train.steps is "three"; expected a number',
    );
  });

  test("a misspelt key is named before the key that it leaves missing, and more mistakes are counted", () => {
    expect(failure(minimal.replace("steps: 3", "stpes: 3"))).toBe(
      "recipes/try.yaml:5: train.stpes is not a known key; did you mean train.steps? (and 1 more to correct)",
    );
  });

  test("a missing model says how to give one", () => {
    expect(failure(minimal.replace("model: some/folder\n", ""))).toBe(
      "recipes/try.yaml: model is missing; expected a model folder or ORG/NAME[@REVISION] on the hub (also as --model), or the sizes of a new model",
    );
  });

  test.each(["- a\n- b\n", "just text\n"])("a file that is no mapping: %j", (text) => {
    expect(failure(text)).toMatch(/^recipes\/try\.yaml: the recipe is .*; expected a section$/);
  });
});

describe("the recipes of this repository", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gpgrad-recipe-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ["recipes/quickstart.yaml", {}],
    ["recipes/gsm8k.yaml", { model: "some/folder", set: ["task.path=x.jsonl"], seed: 7, output: "runs/x" }],
  ])("%s loads, and what is written loads to the same", async (file, options) => {
    const recipe = await loadRecipe(file, options);
    expect(recipe).toMatchObject({
      model: expect.anything(),
      ...("seed" in options && { seed: 7, output: "runs/x" }),
    });
    const resolved = path.join(folder, "recipe.yaml");
    writeRecipe(resolved, recipe);
    expect(await loadRecipe(resolved)).toEqual(recipe);
    expect(readFileSync(resolved, "utf8")).toContain("informativeShare");
  });

  test("an option wins over --set, which wins over the file", async () => {
    const recipe = await loadRecipe("recipes/quickstart.yaml", { seed: 3, set: ["seed=2", "train.steps=2"] });
    expect(recipe).toMatchObject({ seed: 3, train: { steps: 2 } });
  });
});
