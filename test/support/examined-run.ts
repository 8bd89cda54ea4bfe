import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { Check, Examination } from "../../src/cli/doctor/check.ts";
import { examine } from "../../src/cli/doctor/check.ts";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { readModelFacts } from "../../src/cli/doctor/model-facts.ts";
import { prepareRun } from "../../src/cli/prepared-run.ts";
import { checkRecipe } from "../../src/cli/recipe.ts";
import { type HeaderOnlyModel, writeHeaderOnlyModel } from "./header-only-model.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const end = 18;
export const config = {
  model_type: "qwen2",
  vocab_size: 19,
  hidden_size: 24,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  tie_word_embeddings: true,
  eos_token_id: end,
};
export const template = "{% for m in messages %}{{ m.content }}<|end|>{% endfor %}";
export const rows = Array.from({ length: 20 }, (_, i) => ({ question: `${i}+1=?`, answer: String(i + 1) }));

export interface Wrong {
  model?: Partial<HeaderOnlyModel>;
  rows?: readonly Record<string, unknown>[];
  recipe?: Record<string, Record<string, unknown>>;
  /** Changes files of the model folder. */
  damage?: (folder: string) => void;
}

export function writeRun(wrong: Wrong) {
  const folder = temporaryFolder();
  const model = path.join(folder, "model");
  mkdirSync(model);
  writeHeaderOnlyModel(model, {
    config,
    storedType: "F32",
    generationConfig: { eos_token_id: [end] },
    tokenizerConfig: { chat_template: template },
    ...wrong.model,
  });
  wrong.damage?.(model);
  const data = path.join(folder, "rows.jsonl");
  writeFileSync(data, (wrong.rows ?? rows).map((row) => `${JSON.stringify(row)}\n`).join(""));
  const { task, train, sampling, ...others } = wrong.recipe ?? {};
  const value = {
    name: "test",
    model,
    task: { name: "math", path: data, systemPrompt: "", heldOutShare: 0.2, ...task },
    train: { steps: 2, promptsPerStep: 2, completionsPerPrompt: 2, maxPromptTokens: 16, ...train },
    algorithm: { name: "gpg" },
    sampling: { maxTokens: 16, ...sampling },
    ...others,
  };
  const recipe = checkRecipe({ file: "test.yaml", value, locate: () => "test.yaml" });
  return { recipe, runFolder: path.join(folder, "run") };
}

export async function examination(wrong: Wrong = {}): Promise<Examination> {
  const { recipe, runFolder } = writeRun(wrong);
  const run = await prepareRun(recipe, { warn: () => undefined });
  return { run, facts: readModelFacts(run.description), measuredPrompts: 100, triedAnswers: 100, runFolder };
}

export async function found(check: Check, wrong: Wrong): Promise<Finding> {
  const [finding] = await examine(check, await examination(wrong));
  expect(finding!.remedy === null).toBe(finding!.severity === "ok");
  expect(`${finding!.message}${finding!.remedy}`).not.toContain("\n");
  return finding!;
}
