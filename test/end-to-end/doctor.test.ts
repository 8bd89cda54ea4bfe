import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkpointBytes } from "../../src/cli/doctor/disk.ts";
import { prepareModel } from "../../src/cli/prepared-run.ts";
import { loadRecipe } from "../../src/cli/recipe.ts";
import { damagedModel, editJson } from "../support/damaged-model.ts";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";

const fixtures = path.join(process.env.GPGRAD_FIXTURES ?? "../shared/fixtures", "models");
const model = path.join(fixtures, "qwen2-untied");
const recipe = "recipes/gsm8k.yaml";

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-doctor-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = path.join(folder, "sums.jsonl");
const sums = [1, 2, 3, 4, 5, 6].flatMap((a) =>
  [1, 2, 3, 4].map((b) => ({ question: `What is ${a} + ${b}?`, answer: `${a}+${b}\n#### ${a + b}` })),
);
writeFileSync(data, sums.map((row) => `${JSON.stringify(row)}\n`).join(""));
const set = ["--set", `task.path=${data}`];

interface Finding {
  check: string;
  severity: string;
  message: string;
}

const allChecks = [
  "task",
  "model",
  "end-tokens",
  "chat-template",
  "prompts",
  "gold-answers",
  "demonstrations",
  "held-out",
  "disk",
  "memory",
  "logprobs",
];

describe.skipIf(!existsSync(model))("gpgrad doctor", () => {
  test.each(["llama", "qwen2-tied-bf16-sharded", "qwen2-untied", "qwen3"])(
    "finds nothing wrong with %s",
    async (name) => {
      const { code, output, errors } = await gpgrad(
        ...["doctor", recipe, "--model", path.join(fixtures, name), ...set, "--json"],
      );
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      const lines = jsonLines(output);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ recipe: "gsm8k", warnings: 0, failures: 0 });
      const findings = lines[0]!.findings as Finding[];
      expect(findings.map(({ check, severity }) => [check, severity])).toEqual(
        allChecks.map((check) => [check, "ok"]),
      );
    },
  );

  test("finds nothing wrong with a model that is to begin from nothing", async () => {
    const { code, output } = await gpgrad("doctor", "test/support/tiny.yaml");
    expect(code).toBe(0);
    expect(output).toMatch(/^ok +logprobs .*\nnothing stands in the way\n$/m);
  });

  test("exits 1 at a failure, with the way out", async () => {
    const { code, output, errors } = await gpgrad(
      ...["doctor", recipe, "--model", model, ...set, "--set", "train.maxPromptTokens=20"],
    );
    expect(code).toBe(1);
    expect(errors).toBe(`error: ${recipe}: 1 failure to mend before training\n`);
    expect(output).toMatch(/^failure +prompts .*\n +-> raise train\.maxPromptTokens to \d+/m);
    expect(output).toMatch(/^warning +logprobs +not tried, because of the failure of prompts$/m);
  });
});

describe.skipIf(!existsSync(model))("gpgrad train", () => {
  const train = ["train", recipe, ...set, "--json", "--set", "evaluate.problems=0"];

  test("tells once what is worth a warning, and trains", async () => {
    const apart = damagedModel(model, path.join(folder, "apart"), (at) =>
      editJson(path.join(at, "generation_config.json"), (content) => ({ ...content, eos_token_id: 992 })),
    );
    const { code, errors } = await gpgrad(
      ...[...train, "--model", apart, "--output", path.join(folder, "warned"), "--max-steps", "1"],
    );
    expect(code).toBe(0);
    const lines = errors.trimEnd().split("\n");
    expect(lines.every((line) => /^warning: EOS ids disagree: .*; name 994/.test(line))).toBe(true);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test("does not begin a run that would be wasted", async () => {
    const plain = damagedModel(model, path.join(folder, "plain"), (at) =>
      editJson(path.join(at, "tokenizer_config.json"), ({ chat_template: _, ...rest }) => rest),
    );
    const run = path.join(folder, "refused");
    const { code, output, errors } = await gpgrad(...train, "--model", plain, "--output", run);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toMatch(
      /^error: task math asks in conversations, but the model has no chat template; .*\n$/,
    );
    expect(existsSync(run)).toBe(false);
  });

  test.each<[name: string, changes: string[]]>([
    ["qwen2-untied", []],
    ["qwen2-tied-bf16-sharded", []],
    ["qwen2-tied-bf16-sharded", ["checkpoint.dtype=float32", "optimizer.state=bfloat16"]],
    ["qwen3", ["lora={ rank: 4 }"]],
  ])("writes checkpoints of %s with %j as large as the doctor says", async (name, changes) => {
    const at = path.join(fixtures, name);
    const changed = [...set, ...changes.flatMap((change) => ["--set", change])];
    const run = path.join(folder, `size-${name}-${changes.length}`);
    const { code } = await gpgrad(
      ...["train", recipe, "--model", at, "--output", run, "--max-steps", "1", ...changed],
    );
    expect(code).toBe(0);
    const checkpoint = path.join(run, "checkpoints/step-000001");
    const files = ["model.safetensors", "adapter_model.safetensors", "optimizer.safetensors"]
      .map((file) => path.join(checkpoint, file))
      .filter((file) => existsSync(file));
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    const values = changed.filter((value) => value !== "--set");
    const prepared = await prepareModel(await loadRecipe(recipe, { model: at, set: values }), {
      warn: () => undefined,
    });
    // Headers of the files are the difference.
    expect(bytes / checkpointBytes(prepared)).toBeGreaterThan(0.99);
    expect(bytes / checkpointBytes(prepared)).toBeLessThan(1.15);
  });
});

describe.skipIf(!existsSync(model))("gpgrad train --dry-run", () => {
  test("predicts the peak by its parts and leaves nothing behind", async () => {
    const output = path.join(folder, "never");
    const args = ["train", recipe, "--model", model, ...set, "--output", output, "--dry-run"];
    const { code, output: lines, errors } = await gpgrad(...args, "--json");
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const [{ type, limit, total, ...parts }] = jsonLines(lines) as [Record<string, number>];
    expect(type).toBe("memory");
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBeCloseTo(total!, 0);
    expect(total).toBeLessThan(limit!);
    expect((await gpgrad(...args)).output).toMatch(/predicted peak +\d+\.\d MiB/);
    expect(existsSync(output)).toBe(false);
  });
});
