import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { capturedProgram } from "../../test/support/captured-program.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { loadRecipe } from "./recipe.ts";

async function show(text: string, ...args: string[]) {
  const file = path.join(temporaryFolder(), "try.yaml");
  writeFileSync(file, text);
  const { code, output, errors } = await capturedProgram(["recipe", "show", file, ...args]);
  const hidden = (shown: string) => shown.replaceAll(path.dirname(file), "DIR");
  return { code, output: hidden(output), errors: hidden(errors), file };
}

const ours = `model: some/folder
task:
  name: arithmetic
  levels: [3, 4]
train: { steps: 3, promptsPerStep: 2, completionsPerPrompt: 4 }
algorithm: { name: gpg, preset: open-rs, alpha: groups }
`;

const upstream = `model_name_or_path: Qwen/Qwen2.5-0.5B
dataset_name: some/data
system_prompt: "Two\\nlines: 1 # no comment"
num_generations: 4
per_device_train_batch_size: 4
gradient_accumulation_steps: 2
adjust_gd: true
bf16: true
`;

/** The origins by dotted key. */
async function originsOf(text: string, ...args: string[]): Promise<Record<string, string>> {
  const { output } = await show(text, ...args, "--json");
  return JSON.parse(output).origins;
}

describe("gpgrad recipe show", () => {
  test("tells the file's line, the option, the preset or the default of each value", async () => {
    const origins = await originsOf(ours, "--seed", "3", "--set", "sampling.topP=0.9");
    expect(origins).toMatchObject({
      name: "the file's name",
      seed: "--seed 3",
      model: "DIR/try.yaml:1",
      "task.levels": "DIR/try.yaml:4",
      "task.digits": "default",
      "train.steps": "DIR/try.yaml:5",
      "algorithm.preset": "DIR/try.yaml:6",
      "algorithm.alpha": "DIR/try.yaml:6",
      "algorithm.normalisation": "preset open-rs",
      "sampling.topP": "--set sampling.topP=0.9",
      "sampling.topK": "default",
    });
  });

  test("tells the upstream key of each value that is translated", async () => {
    const origins = await originsOf(
      upstream,
      "--set",
      "num_processes=2",
      "--set",
      "train.longPrompts=refuse",
    );
    expect(origins).toMatchObject({
      model: "DIR/try.yaml:1 (model_name_or_path)",
      "train.promptsPerStep": "DIR/try.yaml:5 (per_device_train_batch_size)",
      "train.longPrompts": "--set train.longPrompts=refuse",
      "algorithm.alpha": "DIR/try.yaml:7 (adjust_gd)",
      "algorithm.informativeShare": "DIR/try.yaml (upstream's default of min_inverse_alpha)",
      "algorithm.surplus": "preset open-r1",
      "optimizer.learningRate": "DIR/try.yaml (upstream's default of learning_rate)",
      "evaluate.problems": "DIR/try.yaml (upstream's default of eval_strategy)",
    });
  });

  test("prints YAML that loads to the same recipe", async () => {
    for (const text of [ours, upstream]) {
      const { output, file, code } = await show(text);
      expect(code).toBe(0);
      expect(output).toMatch(/^name: try +# the file's name$/m);
      const printed = path.join(temporaryFolder(), "printed.yaml");
      writeFileSync(printed, output);
      expect(await loadRecipe(printed)).toEqual(await loadRecipe(file));
    }
  });

  test("refuses what train would refuse", async () => {
    const { code, errors } = await show("model: some/folder\n");
    expect(code).toBe(2);
    expect(errors).toBe("error: DIR/try.yaml: task is missing; expected a section (and 1 more to correct)\n");
  });
});
