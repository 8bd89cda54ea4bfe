import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { ConfigError } from "../../errors.ts";
import { loadRecipe } from "../recipe.ts";

const minimal = `model_name_or_path: some/model
dataset_name: some/data
num_generations: 4
per_device_train_batch_size: 8
logging_steps: 1
`;

interface Given {
  text?: string;
  /** Of the file, in a folder of its own. */
  place?: string;
  set?: readonly string[];
}

async function load({ text = "", place = "try.yaml", set = [] }: Given = {}) {
  const file = path.join(temporaryFolder(), place);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, minimal + text);
  const warnings: string[] = [];
  const recipe = await loadRecipe(file, { set }, (message) => warnings.push(message));
  return { recipe, warning: warnings.join("\n"), warnings };
}

const failure = (given: Given): Promise<string> =>
  load(given).then(
    () => expect.fail("it was accepted"),
    (error: Error) => {
      expect(error).toBeInstanceOf(ConfigError);
      return error.message.replace(/^.*\/try\.yaml/, "try.yaml");
    },
  );

describe("the algorithm", () => {
  test.each<[string, Given, object]>([
    ["an option", { text: "adjust_gd: true", set: ["algorithm.name=grpo"] }, { name: "grpo" }],
    [
      "an option for the section",
      { set: ["algorithm={name: rloo, beta: 0.5}"] },
      { name: "rloo", beta: 0.5 },
    ],
    ["pg_name", { text: "pg_name: GRPO" }, { name: "grpo" }],
    [
      "a key of gpg.py",
      { text: "adjust_gd: true", place: "grpo/try.yaml" },
      { name: "gpg", alpha: "groups" },
    ],
    ["the file's name", { place: "sft/config_dgrpo.yaml" }, { name: "grpo" }],
    ["output_dir", { text: "output_dir: data/Some-GPG-v1", place: "grpo/try.yaml" }, { name: "gpg" }],
    ["the folder", { text: "output_dir: data/Some-TRPO", place: "grpo/try.yaml" }, { name: "grpo" }],
    ["nothing", {}, { name: "gpg", preset: "open-r1" }],
  ])("is chosen by %s", async (_by, given, algorithm) => {
    expect((await load(given)).recipe.algorithm).toMatchObject(algorithm);
  });

  test("sft reads a file without keys that sample", async () => {
    const text = "num_generations:\npacking: true\nmax_length: 4096\nlearning_rate: 1e-04\n";
    const { recipe } = await load({ text });
    expect(recipe).toMatchObject({
      algorithm: { name: "sft" },
      task: { messagesColumn: "messages" },
      train: { promptsPerStep: 64, maxPromptTokens: 4096 - 256 },
      optimizer: { learningRate: 1e-4 },
    });
  });

  test("open-rs has no alpha, no second batch, and a KL term in one of its two scripts only", async () => {
    const plain = {
      name: "gpg",
      preset: "open-rs",
      alpha: "off",
      maxResampleRounds: 0,
      normalisation: "group-std",
    };
    const place = "open-rs/recipes/gpg.yaml";
    expect((await load({ place })).recipe.algorithm).toMatchObject({ ...plain, beta: 0 });
    const std = await load({ place: "open-rs/recipes/gpg_std.yaml", text: "scale_rewards: false" });
    expect(std.recipe.algorithm).toMatchObject({ ...plain, normalisation: "none", beta: 0.04 });
  });

  test("open-r1's command line for GPG comes out as published", async () => {
    const set = [
      "scale_rewards=False",
      "adjust_gd=true",
      "min_inverse_alpha=0.5",
      "beta=0",
      "num_train_epochs=5",
    ];
    const { recipe } = await load({ set });
    expect(recipe.algorithm).toEqual(
      (await load({ set: ["algorithm={name: gpg, preset: open-r1}"] })).recipe.algorithm,
    );
    expect(recipe.train.epochs).toBe(5);
  });
});

describe("prompts a step", () => {
  const prompts = async (text: string, ...set: string[]) => {
    const { recipe, warning } = await load({ text, set });
    return [recipe.train.promptsPerStep, /(\d+) processes/.exec(warning)?.[1]];
  };
  test.each<[string, string[], number, string | undefined]>([
    ["", [], 16, "8"],
    ["gradient_accumulation_steps: 4", [], 64, "8"],
    ["gradient_accumulation_steps: 4", ["num_processes=16"], 128, undefined],
    ["num_generations: 14\nper_device_train_batch_size: 16\ngradient_accumulation_steps: 4", [], 32, "7"],
    ["num_generations: 16\nper_device_train_batch_size: 1", [], 1, "16"],
  ])("%j with %j", async (text, set, count, processes) => {
    expect(await prompts(text, ...set)).toEqual([count, processes]);
  });

  test("a number of processes that makes no whole groups is refused with one that does", async () => {
    const given = { text: "num_generations: 7", set: ["num_processes=8"] };
    expect(await failure(given)).toBe(
      "--set num_processes=8: 8 processes with per_device_train_batch_size 8 make no whole groups of num_generations 7; set num_processes to 7",
    );
  });
});

describe("length, checkpoints and evaluation", () => {
  test.each<[string, object]>([
    ["max_steps: -1", { train: { epochs: 3 } }],
    ["max_steps: 40\nnum_train_epochs: 2", { train: { steps: 40 } }],
    ["max_steps: 41\nnum_iterations: 2\nsave_steps: 9", { train: { steps: 21 }, checkpoint: { every: 5 } }],
    ["save_steps: 0.1", { checkpoint: { every: 0.1 } }],
    ["save_strategy: 'no'", { checkpoint: { every: 0 } }],
    ["save_strategy: epoch", { checkpoint: { every: "epoch" } }],
    ["eval_strategy: no", { evaluate: { problems: 0 }, task: { heldOutShare: 0 } }],
    ["do_eval: true\ndo_eval: false", { evaluate: { problems: 0 } }],
    ["eval_strategy: steps\nlogging_steps: 5", { evaluate: { every: 5 } }],
    ["eval_strategy: steps\nlogging_steps: null", { evaluate: { every: 500 } }],
    [
      "eval_strategy: steps\neval_steps: 10",
      { evaluate: { every: 10 }, task: { heldOutData: { split: "test" } } },
    ],
  ])("%j", async (text, expected) => {
    expect((await load({ text })).recipe).toMatchObject(expected);
  });
});

describe("the schedule", () => {
  test.each<[string, object]>([
    ["", { name: "linear" }],
    ["lr_scheduler_type: constant\nwarmup_ratio: 0.1", { name: "constant" }],
    ["warmup_ratio: 0.1\nwarmup_steps: 5", { name: "linear", warmupSteps: 5 }],
    ["warmup_steps: 5\nnum_iterations: 2\npg_name: grpo", { name: "linear", warmupSteps: 3 }],
    [
      "lr_scheduler_type: cosine_with_min_lr\nlr_scheduler_kwargs: { min_lr: 1.0e-7 }",
      { name: "cosine_with_min_lr", minLearningRate: 1e-7 },
    ],
  ])("%j", async (text, schedule) => {
    expect((await load({ text })).recipe.optimizer.schedule).toEqual(schedule);
  });
});

describe("names and data", () => {
  test("folders of upstream are looked for on the hub, and the warning says so", async () => {
    const { recipe, warnings } = await load({
      text: "model_name_or_path: models/Qwen2.5-Math-7B\ndataset_name: datas/open-rs/\nbf16: true\nsync_ref_model: true\ndelta: null\n",
    });
    expect(recipe).toMatchObject({ model: "Qwen/Qwen2.5-Math-7B", task: { path: "knoveleng/open-rs" } });
    expect(warnings).toHaveLength(1);
    const parts = warnings[0]!.replace(/^.*try/, "try").split("; ");
    expect(parts).toEqual([
      "try.yaml is an upstream recipe and read as one of open-r1 for gpg, because nothing in it says which",
      "with models/Qwen2.5-Math-7B as Qwen/Qwen2.5-Math-7B on the hub, a KL term of weight 0.04, upstream's default of beta, datas/open-rs/ as knoveleng/open-rs on the hub, 8 processes, so 16 prompts a step (--set num_processes=N for others)",
      "not done here: sync_ref_model",
      "without meaning here: logging_steps, bf16",
    ]);
  });

  test("other data come with the task's own columns and splits", async () => {
    const { recipe } = await load({ text: "do_eval: true", set: ["task.path=train.jsonl"] });
    const { task } = await load({ set: ["task.path=train.jsonl"] }).then((loaded) => loaded.recipe);
    expect(recipe.task).toMatchObject({ path: "train.jsonl", answerColumn: "answer", heldOutShare: 0.05 });
    for (const key of ["data", "questionColumn", "heldOutPath", "heldOutData"]) {
      expect(recipe.task).not.toHaveProperty(key);
    }
    expect(task).toMatchObject({ heldOutShare: 0 });
  });
});

describe("a mistake names line, key and the way out", () => {
  test.each<[string, string, string[], string]>([
    [
      "an unknown key",
      "num_generation: 3",
      [],
      "try.yaml:6: num_generation is not a key of upstream's training scripts; did you mean num_generations?",
    ],
    [
      "an unknown option",
      "",
      ["max_step=3"],
      "--set max_step=3: max_step is not a key of upstream's training scripts; did you mean max_steps?",
    ],
    ["another kind", "max_steps: many", [], 'try.yaml:6: max_steps is "many"; expected a whole number'],
    [
      "groups of nothing",
      "num_generations: 0",
      [],
      "try.yaml:6: num_generations is 0; expected a whole number of at least 1",
    ],
    [
      "no processes",
      "",
      ["num_processes=0"],
      "--set num_processes=0: num_processes is 0; expected a whole number of at least 1",
    ],
    [
      "an unknown reward",
      "reward_funcs: [acuracy]",
      [],
      'try.yaml:6: reward_funcs is ["acuracy"]; expected rewards of upstream, no "acuracy"; did you mean "accuracy"? (known: accuracy, accuracy_lv35, format,',
    ],
    [
      "weights of other rewards",
      "reward_weights: [1]",
      [],
      "try.yaml:6: reward_weights is [1]; expected a number for each of the 3 reward_funcs",
    ],
    [
      "a schedule that does not exist here",
      "lr_scheduler_type: polynomial",
      [],
      'try.yaml:6: lr_scheduler_type is "polynomial"; expected constant | constant_with_warmup | linear | cosine | cosine_with_min_lr',
    ],
    [
      "a value that our schema refuses",
      "temperature: -1",
      [],
      "try.yaml:6 (temperature): sampling.temperature is -1; expected a number of at least 0",
    ],
    [
      "one of our keys",
      "",
      ["train.stepz=3"],
      "--set train.stepz=3: train.stepz is not a known key; did you mean train.steps?",
    ],
  ])("%s", async (_what, text, set, message) => {
    const said = await failure({ text, set });
    expect(said.slice(0, message.length)).toBe(message);
  });
});
