import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { gpgrad, jsonLines } from "../support/gpgrad.ts";
import { filesOfFolder, startHubServer, writeToken } from "../support/hub-server.ts";

const recipe = "test/support/tiny.yaml";
const totalSteps = 9;

let folder: string;
let base: string;
let run: string;
const train = (output: string, ...more: string[]) => [
  ...["train", recipe, "--model", base, "--output", output, "--json"],
  ...["--set", "lora={ rank: 3, alpha: 6, targetModules: [q_proj, up_proj, lm_head] }"],
  ...more,
];
const checkpoint = (of: string, step = totalSteps) => path.join(of, `checkpoints/step-00000${step}`);
const adapterWeights = (of: string) => readFileSync(path.join(checkpoint(of), "adapter_model.safetensors"));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-lora-"));
  const first = path.join(folder, "first");
  expect((await gpgrad("train", recipe, "--output", first)).code).toBe(0);
  base = checkpoint(first);
  run = path.join(folder, "run");
  const { code, output, errors } = await gpgrad(...train(run));
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  // Else the tests below would compare adapters that nothing has changed.
  const updates = jsonLines(output).filter(({ gradientNorm }) => (gradientNorm as number) > 0);
  expect(updates.length).toBeGreaterThan(4);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a checkpoint is an adapter in PEFT's layout with the tokenizer's files, and no model", () => {
  expect(readdirSync(checkpoint(run)).sort()).toEqual([
    "adapter_config.json",
    "adapter_model.safetensors",
    "optimizer.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "trainer-state.json",
  ]);
  const config = JSON.parse(readFileSync(path.join(checkpoint(run), "adapter_config.json"), "utf8"));
  expect(config).toMatchObject({
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: 3,
    lora_alpha: 6,
    target_modules: ["q_proj", "up_proj", "lm_head"],
    base_model_name_or_path: path.resolve(base),
  });
});

test.each(["source", "bfloat16"])(
  "stopped and resumed, a run ends with the same bits (dtype %s)",
  async (dtype) => {
    const set = ["--set", `checkpoint.dtype=${dtype}`];
    const whole = path.join(folder, `whole-${dtype}`);
    const parts = path.join(folder, `parts-${dtype}`);
    expect((await gpgrad(...train(whole, ...set))).code).toBe(0);
    for (const step of ["3", "6", "9"]) {
      expect((await gpgrad(...train(parts, ...set, "--resume", "--max-steps", step))).code).toBe(0);
    }
    expect(adapterWeights(parts).equals(adapterWeights(whole))).toBe(true);
    const optimizer = (of: string) => readFileSync(path.join(checkpoint(of), "optimizer.safetensors"));
    expect(optimizer(parts).equals(optimizer(whole))).toBe(true);
  },
);

test("a resume with another adapter is refused by the setting that differs", async () => {
  const { code, errors } = await gpgrad(...train(run, "--resume", "--set", "lora.rank=4"));
  expect(code).toBe(1);
  expect(errors).toContain("was made with lora.rank 3, this run has 4");
});

test("run, adapter folder and merged model answer and measure alike", async () => {
  const merged = path.join(folder, "merged");
  const { code, output } = await gpgrad("merge", run, "--output", merged, "--json");
  expect(code).toBe(0);
  expect(jsonLines(output)).toEqual([
    { type: "result", folder: merged, base: path.resolve(base), adapter: checkpoint(run), layers: 3 },
  ]);
  expect(existsSync(path.join(merged, "model.safetensors"))).toBe(true);
  expect(existsSync(path.join(merged, "adapter_config.json"))).toBe(false);
  // The head has an adapter of its own, which the embedding must not get.
  const config = JSON.parse(readFileSync(path.join(merged, "config.json"), "utf8"));
  expect(config.tie_word_embeddings).toBe(false);

  const sample = (model: string) =>
    gpgrad("sample", model, "--prompt", "1+2=", "--max-tokens", "6", "--json");
  const [fromRun, fromAdapter, fromMerged] = await Promise.all([run, checkpoint(run), merged].map(sample));
  expect(fromRun).toMatchObject({ code: 0, errors: "" });
  expect(fromAdapter.output).toBe(fromRun.output);
  const [adapted, plain] = [fromRun, fromMerged].map(({ output: text }) => jsonLines(text)[0]);
  expect(plain.completion).toBe(adapted.completion);
  expect(plain.logprob as number).toBeCloseTo(adapted.logprob as number, 3);

  const metricsOf = async (...args: string[]) => {
    const evaluation = await gpgrad("eval", ...args, "--json");
    expect(evaluation.code).toBe(0);
    return jsonLines(evaluation.output).at(-1)!.metrics;
  };
  const journal = jsonLines(readFileSync(path.join(run, "journal.jsonl"), "utf8"));
  const { metrics } = journal.findLast(({ type }) => type === "evaluation")!;
  const recipeOfRun = ["--recipe", path.join(run, "recipe.yaml")];
  expect(await metricsOf(run)).toEqual(metrics);
  expect(await metricsOf(checkpoint(run), ...recipeOfRun)).toEqual(metrics);
  expect(await metricsOf(merged, ...recipeOfRun)).toEqual(metrics);
});

test("an adapter is trained on where it is the model, unless it wants dropout", async () => {
  const more = path.join(folder, "more");
  const again = ["train", recipe, "--model", checkpoint(run), "--output", more, "--json"];
  expect((await gpgrad(...again, "--set", "lora.rank=2")).errors).toContain("is an adapter already");
  const { code, errors } = await gpgrad(...again);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  const config = (of: string) => readFileSync(path.join(checkpoint(of), "adapter_config.json"), "utf8");
  expect(JSON.parse(config(more))).toEqual(JSON.parse(config(run)));
  expect(adapterWeights(more).equals(adapterWeights(run))).toBe(false);

  writeFileSync(
    path.join(checkpoint(more), "adapter_config.json"),
    config(more).replace('"lora_dropout": 0', '"lora_dropout": 0.1'),
  );
  const dropped = await gpgrad(
    ...["train", recipe, "--model", checkpoint(more), "--output", path.join(folder, "dropout")],
  );
  expect(dropped.code).toBe(2);
  expect(dropped.errors).toContain("lora_dropout is 0.1; only 0 can be trained");
  expect((await gpgrad("sample", checkpoint(more), "--prompt", "1+2=")).code).toBe(0);
});

test("a base that is gone is named, and --base gives another place", async () => {
  const moved = path.join(folder, "moved");
  renameSync(base, moved);
  try {
    const { code, errors } = await gpgrad("sample", run, "--prompt", "1+2=");
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: .*adapter_config\.json: base_model_name_or_path: .*--base MODEL\n$/);
    const found = await gpgrad("sample", run, "--prompt", "1+2=", "--base", moved);
    expect(found.code).toBe(0);
    expect((await gpgrad("sample", moved, "--prompt", "1+2=", "--base", moved)).errors).toContain(
      "is no adapter; leave --base out",
    );
  } finally {
    renameSync(moved, base);
  }
});

test("pushed to the hub, an adapter names its base there and answers as before", async () => {
  const server = await startHubServer();
  const environment = { ...process.env };
  onTestFinished(() => {
    process.env = environment;
  });
  const hub = { HF_ENDPOINT: server.endpoint, HF_HOME: path.join(folder, "cache"), HF_TOKEN: writeToken };
  process.env = { ...environment, ...hub };
  delete process.env.HF_HUB_CACHE;
  const push = ["push", run, "maker/adapter"];
  const unnamed = await gpgrad(...push);
  expect(unnamed).toMatchObject({ code: 2, output: "" });
  expect(unnamed.errors).toMatch(
    /base_model_name_or_path is "\/.*", which others do not have; .*--base ORG\/NAME\n$/,
  );
  expect((await gpgrad(...push, "--base", base)).errors).toContain("is no name for a model on the hub");
  expect(server.holds("maker/adapter")).toBe(false);

  server.addCommit("maker/base", filesOfFolder(base));
  expect(await gpgrad(...push, "--base", "maker/base", "--json")).toMatchObject({ code: 0, errors: "" });
  const config = JSON.parse(server.filesOf("maker/adapter")["adapter_config.json"]!.toString());
  expect(config).toMatchObject({ base_model_name_or_path: "maker/base", revision: null, r: 3 });
  const sample = (model: string) =>
    gpgrad("sample", model, "--prompt", "1+2=", "--max-tokens", "6", "--json");
  const [local, remote] = [await sample(run), await sample("maker/adapter")];
  expect(remote).toMatchObject({ code: 0, errors: "" });
  expect(remote.output).toBe(local.output);
});

test("merge refuses whole models and folders that are there", async () => {
  const whole = await gpgrad("merge", base, "--output", path.join(folder, "x"));
  expect(whole).toMatchObject({ code: 2, errors: expect.stringContaining("is a whole model already") });
  const there = await gpgrad("merge", run, "--output", folder);
  expect(there).toMatchObject({ code: 2, errors: expect.stringContaining("is there already") });
});

test("mistakes in a recipe's lora are named", async () => {
  const fresh = await gpgrad("train", recipe, "--set", "lora={}", "--output", path.join(folder, "y"));
  expect(fresh).toMatchObject({ code: 2, errors: expect.stringContaining("lora: an adapter needs a model") });
  const attempt = (lora: string) => gpgrad(...train(path.join(folder, "y"), "--set", `lora=${lora}`));
  expect((await attempt("{ dropout: 0.1 }")).errors).toContain("lora.dropout is 0.1; expected 0");
  expect((await attempt("{ targetModules: [q_proj, k_prj] }")).errors).toContain('did you mean "k_proj"?');
  expect((await attempt("{ targetModules: [embed_tokens] }")).errors).toContain("which is an embedding");
});
