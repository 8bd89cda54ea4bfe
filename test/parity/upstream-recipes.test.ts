import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { loadRecipe } from "../../src/cli/recipe.ts";
import { translatedKeys, undoneKeys } from "../../src/cli/upstream/upstream-keys.ts";
import { ConfigError } from "../../src/errors.ts";
import { dataFolder } from "./data.ts";

const { folder, absent } = dataFolder("recipes-upstream");

type Values = Record<string, unknown>;

/** As PyYAML reads it. */
function read(name: string): Values {
  const text = readFileSync(path.join(folder, name), "utf8");
  return parseDocument(text, { version: "1.1", uniqueKeys: false }).toJS() as Values;
}

const files = absent
  ? []
  : (readdirSync(folder, { recursive: true }) as string[]).filter((name) => /\.ya?ml$/.test(name)).sort();
const training = files.filter((name) => Object.hasOwn(read(name), "model_name_or_path"));
const others = files.filter((name) => !training.includes(name));

async function load(name: string, ...set: string[]) {
  const warnings: string[] = [];
  const recipe = await loadRecipe(path.join(folder, name), { set }, (message) => warnings.push(message));
  return { recipe, warnings };
}

describe.skipIf(absent)("upstream's recipe files", () => {
  test("are there", () => {
    expect(training.length).toBeGreaterThanOrEqual(64);
    expect(others.length).toBeGreaterThanOrEqual(10);
  });

  test.each(training)("%s loads as it is", async (name) => {
    const given = read(name);
    const { recipe, warnings } = await load(name);
    expect(warnings).toHaveLength(1);
    const [warning] = warnings;
    const list = (words: string): string[] =>
      new RegExp(`; ${words}: ([^;]*)`).exec(warning!)?.[1]?.split(", ") ?? [];
    const told = [...list("without meaning here"), ...list("not done here")];
    const keys = Object.keys(given);
    const silent = keys.filter((key) => !told.includes(key));
    expect(told.every((key) => keys.includes(key))).toBe(true);
    expect(silent.filter((key) => !Object.hasOwn(translatedKeys, key) && !undoneKeys.includes(key))).toEqual(
      [],
    );
    expect(recipe).toMatchObject({ seed: given.seed, output: given.output_dir });
    expect(recipe.optimizer.learningRate).toBe(Number(given.learning_rate));
    expect(recipe.optimizer.schedule.name).toBe(given.lr_scheduler_type);
    const rate = (given.lr_scheduler_kwargs as Values | undefined)?.min_lr_rate;
    expect(recipe.optimizer.schedule.minLearningRateRatio).toBe(rate);
    const { steps, epochs } = recipe.train;
    expect(steps ?? epochs).toBe(
      Number(given.max_steps ?? -1) > 0 ? given.max_steps : given.num_train_epochs,
    );
    const { algorithm } = recipe;
    const folders = path.dirname(name).split(path.sep);
    const expected = ["gpg", "sft"].find((script) => folders.includes(script));
    expect(algorithm.name).toBe(expected ?? (/gpg/i.test(`${name} ${given.output_dir}`) ? "gpg" : "grpo"));
    if (algorithm.name === "sft") {
      return;
    }
    const rows = Number(given.per_device_train_batch_size) * Number(given.gradient_accumulation_steps);
    const completions = recipe.train.promptsPerStep * recipe.train.completionsPerPrompt;
    expect(recipe.train.completionsPerPrompt).toBe(given.num_generations);
    expect(completions / rows).toBe(Number(/(\d+) processes/.exec(warning!)?.[1]));
    expect(completions / rows).toBeLessThanOrEqual(8);
    const weights = Object.entries(recipe.task.rewards).map(([reward, entry]) => [
      reward,
      typeof entry === "number" ? entry : (entry as { weight: number }).weight,
    ]);
    const named = (given.reward_funcs as string[]).map((reward, index) => [
      reward,
      (given.reward_weights as number[])[index],
    ]);
    expect(weights).toEqual(named);
    expect(recipe.sampling).toMatchObject({
      maxTokens: given.max_completion_length,
      temperature: given.temperature ?? 0.9,
    });
  });

  test.each(others)("%s is refused as what it is", async (name) => {
    const what = Object.hasOwn(read(name), "num_processes") ? "accelerate file" : "clean its data";
    await expect(load(name)).rejects.toThrow(ConfigError);
    await expect(load(name)).rejects.toThrow(what);
  });
});

const qwen7b = "open-r1/Qwen2.5-Math-7B/grpo";

/** What its `train.sh` puts on top of the recipe, and the paper's beta_th. */
const mathGpg = [
  "num_train_epochs=5",
  "gradient_accumulation_steps=4",
  "max_completion_length=2048",
  "max_prompt_length=768",
  "scale_rewards=False",
  "adjust_gd=true",
  "min_inverse_alpha=0.6",
  "save_strategy=epoch",
  "save_total_limit=5",
  "eval_strategy=epoch",
];

describe.skipIf(absent)("shipped recipes have the hyper-parameters of upstream's files", () => {
  test.each<[string, string, string[]]>([
    ["open-rs-gpg-1.5b", "open-rs/gpg.yaml", ["num_processes=16"]],
    ["open-rs-grpo-1.5b", "open-rs/grpo.yaml", ["num_processes=16"]],
    ["math-gpg-7b", `${qwen7b}/config_simple_rl_math_l35_v1.yaml`, mathGpg],
    ["math-grpo-7b", `${qwen7b}/config_simple_rl.yaml`, []],
    ["math-dr-grpo-7b", `${qwen7b}/config_simple_rl_dgrpo.yaml`, []],
  ])("%s", async (name, file, set) => {
    const ours = await loadRecipe(`recipes/${name}.yaml`);
    const { recipe: theirs } = await load(file, ...set, `algorithm.name=${ours.algorithm.name}`);
    for (const section of ["seed", "model", "train", "sampling", "optimizer", "algorithm"] as const) {
      expect(ours[section], section).toEqual(theirs[section]);
    }
    for (const key of ["systemPrompt", "userPrompt", "rewards", "path", "answerColumn"] as const) {
      expect(ours.task[key as never], key).toEqual(theirs.task[key as never]);
    }
    expect(ours.checkpoint).toEqual(theirs.checkpoint);
  });
});
