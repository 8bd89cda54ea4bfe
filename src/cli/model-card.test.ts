import { expect, test } from "vitest";
import { parse } from "yaml";
import { stepEvent } from "../../test/support/run-events.ts";
import type { RunEvent } from "../pipeline.ts";
import { type ModelCardOptions, modelCard } from "./model-card.ts";
import { loadRecipe } from "./recipe.ts";

const commit = "0f".repeat(20);
const evaluation = (step: number, accuracy: number, problems = 50): RunEvent => ({
  time: "2026-01-01T00:00:00.000Z",
  type: "evaluation",
  step,
  label: "held-out",
  problems,
  metrics: { accuracy },
  seconds: 1,
});

async function card(changes: Partial<ModelCardOptions> = {}, model: unknown = `maker/base@${commit}`) {
  const tiny = await loadRecipe("test/support/tiny.yaml");
  return modelCard({
    name: "me/tuned",
    recipe: { ...tiny, warmStart: null, model: model as typeof tiny.model },
    events: [],
    step: 100,
    isAdapter: false,
    version: "1.2.3",
    ...changes,
  });
}

const frontMatter = (text: string) => parse(text.split("---\n")[1]!) as Record<string, unknown>;

test("the card names method, version, base model with its commit, task and recipe", async () => {
  const text = await card();
  expect(frontMatter(text)).toEqual({
    library_name: "transformers",
    pipeline_tag: "text-generation",
    base_model: "maker/base",
    base_model_relation: "finetune",
    tags: ["gpgrad", "gpg", "reinforcement-learning"],
  });
  expect(text).toContain("# tuned\n");
  expect(text).toContain(
    `[maker/base](https://huggingface.co/maker/base) (commit \`${commit.slice(0, 12)}\`) trained`,
  );
  expect(text).toContain("(GPG) by gpgrad 1.2.3.");
  expect(text).toContain("Task `arithmetic`; 100 of 5 GPG steps of 4 prompts with 4 completions each.");
  const recipe = parse(/```yaml\n(.*?)```/s.exec(text)![1]!) as Record<string, object>;
  expect(recipe.algorithm).toMatchObject({ name: "gpg", maxResampleRounds: 8 });
  expect(text).toContain("npx gpgrad sample me/tuned --prompt TEXT");
});

test("figures are those before GPG and those of the weights, whatever came later", async () => {
  const events = [evaluation(0, 0.1), evaluation(50, 0.4), evaluation(100, 0.55, 60), evaluation(150, 0.9)];
  const text = await card({ events });
  expect(text).toContain("| before GPG | 50 held-out problems | accuracy 10.0% |");
  expect(text).toContain("| these weights | 60 held-out problems | accuracy 55.0% |");
  expect(text).not.toMatch(/40\.0%|90\.0%/);
  expect(await card({ events, step: 70 })).toContain(
    "| after step 50 | 50 held-out problems | accuracy 40.0% |",
  );
  expect(await card()).toContain("The run made no evaluation on held-out problems.");
});

test("what a warm start taught is not GPG's doing", async () => {
  const recipe = { ...(await loadRecipe("test/support/tiny.yaml")), model: `maker/base@${commit}` };
  const behind = recipe.warmStart!.steps;
  const events = [evaluation(0, 0.1), evaluation(behind, 0.4), evaluation(100, 0.55)];
  const text = await card({ recipe, events });
  expect(text).toContain("| before GPG | 50 held-out problems | accuracy 40.0% |");
  expect(text).not.toContain("10.0%");
});

test("training figures are means over both ends of the steps so far", async () => {
  const events = Array.from({ length: 40 }, (_, index) =>
    stepEvent({ step: index + 1, accuracy: index < 10 ? 0.25 : index < 30 ? 0.5 : 1 }),
  );
  const text = (step: number) => card({ events, step });
  expect(await text(30)).toContain(
    "25.0% accuracy over the first 10 steps of GPG, 50.0% accuracy over the last 10 steps.",
  );
  expect(await text(40)).toContain("100.0% accuracy over the last 10 steps.");
  expect(await text(2)).toContain("over the first step of GPG");
  expect(await text(1)).not.toContain("training prompts");
});

test("a warm start counts as imitation, not as GPG", async () => {
  const tiny = await loadRecipe("test/support/tiny.yaml");
  const text = await card({ recipe: tiny, step: 9, events: [evaluation(4, 0.2), evaluation(9, 0.8)] });
  expect(text).toContain(
    "A model of 1 layer and width 32 from random weights, after 4 steps of imitation, trained",
  );
  expect(text).toContain("4 steps of imitation and 5 of 5 GPG steps");
  expect(text).toContain("| before GPG | 50 held-out problems | accuracy 20.0% |");
  expect(text).toContain("| these weights | 50 held-out problems | accuracy 80.0% |");
});

test("folders of the machine stay out of the card, and a folder is no model of the hub", async () => {
  const math = await loadRecipe("recipes/gsm8k.yaml", {
    model: "x",
    set: ["task.path=/home/me/secret/train.jsonl"],
  });
  for (const model of ["/home/me/secret/base", "secret/base"]) {
    const text = await card({ recipe: { ...math, model } });
    expect(text).not.toContain("secret");
    expect(text).toContain("`base` trained");
    expect(text).toContain("path: train.jsonl");
    expect(frontMatter(text)).not.toHaveProperty("base_model");
  }
});

test("an adapter says so", async () => {
  const text = await card({ isAdapter: true });
  expect(frontMatter(text)).toMatchObject({ library_name: "peft", base_model_relation: "adapter" });
});

test("a base that is given by name stands in for the folder of the run", async () => {
  const text = await card({ base: { name: "maker/base", revision: null } }, "/home/me/secret/base");
  expect(frontMatter(text)).toMatchObject({ base_model: "maker/base" });
  expect(text).toContain("[maker/base](https://huggingface.co/maker/base) trained");
  expect(text).not.toContain("secret");
});

test("a run of another algorithm says which, and one without rewards does not speak of them", async () => {
  const tiny = await loadRecipe("test/support/tiny.yaml");
  const of = async (change: string) => {
    const recipe = await loadRecipe("test/support/tiny.yaml", { set: [`algorithm=${change}`] });
    return card({ recipe: { ...recipe, warmStart: null, model: tiny.model } });
  };
  const grpo = await of("{ name: grpo, beta: 0.1 }");
  expect(grpo).toContain("(GRPO) by gpgrad 1.2.3.\n");
  expect(grpo).toContain("GRPO steps of 4 prompts with 4 completions each");
  expect(frontMatter(grpo).tags).toEqual(["gpgrad", "grpo", "reinforcement-learning"]);
  const sft = await of("{ name: sft }");
  expect(sft).toContain("imitation steps of 4 demonstrations each");
  expect(frontMatter(sft).tags).toEqual(["gpgrad", "sft"]);
  expect(await of("{ name: gpg, beta: 0.1 }")).toContain("a KL term of weight 0.1: no critic, no ratio");
});
