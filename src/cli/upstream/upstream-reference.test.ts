import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { valueAt } from "../../value-at.ts";
import { openRecipe } from "../recipe.ts";
import { otherKeys, type TranslatedKey, translatedKeys, undoneKeys } from "./upstream-keys.ts";

const reference = readFileSync("docs/upstream-recipes.md", "utf8");
const keysSection = reference.slice(reference.indexOf("## Keys"));

const listed = (heading: string): string[] => {
  const [, list = ""] = keysSection.slice(keysSection.indexOf(heading)).split("\n\n");
  return [...list.matchAll(/`(\w+)`/g)].map(([, key]) => key!);
};

test("docs/upstream-recipes.md has every key that is translated, and what it becomes", () => {
  const rows = [...keysSection.matchAll(/^\| `(\w+)` +\| (.+?) +\|$/gm)].map(([, key, text]) => [key, text]);
  const expected = Object.entries(translatedKeys).map(([key, text]) => [key, text]);
  expect(rows.map(([key, text]) => [key, text!.replaceAll("`", "")])).toEqual(expected);
});

test("docs/upstream-recipes.md lists every other key", () => {
  expect(listed("These change what upstream learns")).toEqual([...undoneKeys].sort());
  expect(listed("These say on which machines")).toEqual([...otherKeys].sort());
  const all = [...Object.keys(translatedKeys), ...undoneKeys, ...otherKeys];
  expect(new Set(all).size).toBe(all.length);
});

/** A value of each key that is not upstream's default, and the keys that it needs beside it. */
const samples: Readonly<Record<TranslatedKey, readonly [value: unknown, beside?: Record<string, unknown>]>> =
  {
    model_name_or_path: ["some/model"],
    model_revision: ["v1", { model_name_or_path: "some/model" }],
    chat_template: ["{{ messages }}"],
    torch_dtype: ["float32"],
    dtype: ["float16"],
    use_peft: [true],
    lora_r: [8, { use_peft: true }],
    lora_alpha: [64, { use_peft: true }],
    lora_target_modules: [["k_proj"], { use_peft: true }],
    use_rslora: [true, { use_peft: true }],
    dataset_name: ["some/data"],
    dataset_config: ["main", { dataset_name: "some/data" }],
    dataset_prompt_column: ["ask", { dataset_name: "some/data" }],
    dataset_train_split: ["part", { dataset_name: "some/data" }],
    dataset_test_split: ["rest", { dataset_name: "some/data", do_eval: true }],
    system_prompt: ["Think."],
    reward_funcs: [["accuracy"]],
    reward_weights: [[1, 2, 3]],
    cosine_min_value_wrong: [-2, { reward_funcs: ["cosine"] }],
    cosine_max_value_wrong: [-1, { reward_funcs: ["cosine"] }],
    cosine_min_value_correct: [0.25, { reward_funcs: ["cosine"] }],
    cosine_max_value_correct: [2, { reward_funcs: ["cosine"] }],
    cosine_max_len: [3584, { reward_funcs: ["cosine"] }],
    repetition_n_grams: [4, { reward_funcs: ["repetition_penalty"] }],
    repetition_max_penalty: [-0.5, { reward_funcs: ["repetition_penalty"] }],
    code_language: ["cpp", { reward_funcs: ["code_format"] }],
    code_eval_test_batch_size: [3, { reward_funcs: ["ioi_code"] }],
    max_completion_len: [100, { reward_funcs: ["soft_overlong_punishment"] }],
    soft_punish_cache: [10, { reward_funcs: ["soft_overlong_punishment"] }],
    seed: [7],
    run_name: ["first"],
    output_dir: ["data/some-run"],
    num_processes: [2],
    per_device_train_batch_size: [16],
    gradient_accumulation_steps: [3],
    num_generations: [4],
    max_steps: [20],
    num_train_epochs: [1.5],
    max_prompt_length: [100],
    max_length: [2000, { packing: true, num_generations: undefined }],
    max_seq_length: [2000, { packing: true, num_generations: undefined }],
    max_completion_length: [100],
    weighted_sample: [true],
    sample_strategy: ["hard", { weighted_sample: true }],
    temperature: [0.5],
    top_p: [0.5],
    top_k: [5],
    min_p: [0.5],
    repetition_penalty: [1.5],
    pg_name: ["grpo"],
    scale_rewards: [false],
    scale_batch: [true],
    adjust_gd: [true],
    min_inverse_alpha: [0.25],
    mask_truncated_completions: [true],
    beta: [0.5],
    epsilon: [0.1, { pg_name: "grpo" }],
    epsilon_high: [0.3, { pg_name: "grpo" }],
    num_iterations: [2, { pg_name: "grpo" }],
    loss_type: ["grpo", { pg_name: "grpo" }],
    learning_rate: ["3e-05"],
    weight_decay: [0.1],
    adam_beta1: [0.5],
    adam_beta2: [0.5],
    adam_epsilon: [1e-6],
    max_grad_norm: [0.2],
    optim: ["adamw_8bit"],
    lr_scheduler_type: ["cosine"],
    lr_scheduler_kwargs: [{ min_lr_rate: 0.1 }, { lr_scheduler_type: "cosine_with_min_lr" }],
    warmup_ratio: [0.1],
    warmup_steps: [10],
    do_eval: [true],
    eval_strategy: ["epoch"],
    evaluation_strategy: ["epoch"],
    eval_steps: [10, { eval_strategy: "steps" }],
    logging_steps: [10, { eval_strategy: "steps" }],
    eval_on_start: [true],
    save_strategy: ["epoch"],
    save_steps: [10],
    save_total_limit: [2],
    gradient_checkpointing: [true],
  };

/** A file that samples, of the given keys. */
async function opened(keys: Record<string, unknown>): Promise<{ value: unknown; warning: string }> {
  const file = path.join(temporaryFolder(), "try.yaml");
  const all = { model_name_or_path: "a/b", num_generations: 8, logging_steps: 1, ...keys };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  writeFileSync(file, lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join(""));
  let warning = "";
  const { value } = await openRecipe(file, {}, (message) => {
    warning += message;
  });
  return { value, warning };
}

test.each(Object.entries(samples))(
  "%s arrives where the reference says",
  async (key, [value, beside = {}]) => {
    const [target = ""] = translatedKeys[key as TranslatedKey].split(/,? (?:or|behind|without) /);
    const at = (recipe: unknown): unknown =>
      key === "lr_scheduler_kwargs"
        ? valueAt(recipe, ["optimizer", "schedule", "minLearningRateRatio"])
        : valueAt(recipe, target.split("."));
    const before = at((await opened(beside)).value);
    const { value: recipe, warning } = await opened({ ...beside, [key]: value });
    expect(at(recipe)).not.toEqual(before);
    const [, passedOver = ""] = warning.split("without meaning here: ");
    expect(passedOver.split(", ")).not.toContain(key);
  },
);
