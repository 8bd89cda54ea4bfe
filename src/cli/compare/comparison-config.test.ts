import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { checkRecipe, loadRecipe } from "../recipe.ts";
import { loadComparison, recipeSource } from "./comparison-config.ts";

const base = `model: { hiddenSize: 32, layers: 1, heads: 2, keyValueHeads: 1, intermediateSize: 48, maxPositions: 64 }
task: { name: arithmetic }
train: { steps: 5, promptsPerStep: 4, completionsPerPrompt: 4 }
algorithm: { name: gpg, preset: open-rs, maskTruncated: true }
optimizer:
  learningRate: 0.5
  schedule: { name: cosine_with_min_lr, minLearningRateRatio: 0.1 }
`;

const comparison = `base: base.yaml
seeds: [3, 5]
budget: { tokens: 100 }
evaluate: { problems: 7 }
arms:
  plain: {}
  merged:
    algorithm: { alpha: groups }
    optimizer: { weightDecay: 0.1 }
  replaced:
    algorithm: { name: gpg, normalisation: none }
    optimizer: { schedule: { name: constant } }
`;

function write(text: string, baseText = base): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "base.yaml"), baseText);
  writeFileSync(path.join(folder, "compared.yaml"), text);
  return path.join(folder, "compared.yaml");
}

const warn = () => undefined;
const load = (text: string, options: { model?: string; output?: string; set?: string[] } = {}) =>
  loadComparison(write(text), { ...options, warn });

test("a comparison is called like its file, its first arm is the baseline, and base is found beside it", async () => {
  const config = await load(comparison);
  expect(config).toMatchObject({ name: "compared", baseline: "plain", seeds: [3, 5], ablations: {} });
  const recipe = checkRecipe(recipeSource(config, "plain"));
  expect(recipe).toMatchObject({ name: "base", train: { steps: 5, budget: { tokens: 100 } } });
  expect(recipe.evaluate.problems).toBe(7);
});

test("a base is named by an absolute path too", async () => {
  const file = write(comparison);
  const elsewhere = path.join(path.dirname(write(base)), "base.yaml");
  writeFileSync(file, comparison.replace("base.yaml", elsewhere));
  const config = await loadComparison(file, { warn });
  expect(checkRecipe(recipeSource(config, "plain")).optimizer.learningRate).toBe(0.5);
});

test("a recipe is no comparison, a comparison no recipe, and each is told which command takes it", async () => {
  await expect(load(base)).rejects.toThrow(
    /compared\.yaml: this is a recipe, .* gpgrad train .*compared\.yaml/,
  );
  await expect(loadRecipe(write(comparison), {}, warn)).rejects.toThrow(
    /compared\.yaml: this is a comparison, not a recipe; run it with gpgrad compare .*compared\.yaml/,
  );
});

test("an arm's sections are merged onto those of base; one with a name stands as it is", async () => {
  const config = await load(comparison);
  const merged = checkRecipe(recipeSource(config, "merged"));
  expect(merged.algorithm).toMatchObject({ preset: "open-rs", alpha: "groups", maskTruncated: true });
  expect(merged.optimizer).toMatchObject({
    learningRate: 0.5,
    weightDecay: 0.1,
    schedule: { name: "cosine_with_min_lr" },
  });
  const replaced = checkRecipe(recipeSource(config, "replaced"));
  expect(replaced.algorithm).toMatchObject({ preset: "paper", normalisation: "none", maskTruncated: false });
  expect(replaced.optimizer.schedule).toEqual({ name: "constant" });
});

test("--set, --model and --output reach into it, and into base", async () => {
  const config = await load(comparison, {
    set: ["base.train.steps=9", "seeds=[8]", "arms.merged.algorithm.alpha=tokens"],
    model: "some/model",
    output: "there",
  });
  expect(config).toMatchObject({ seeds: [8], output: "there" });
  const recipe = checkRecipe(recipeSource(config, "merged"));
  expect(recipe).toMatchObject({ model: "some/model", train: { steps: 9 }, algorithm: { alpha: "tokens" } });
});

test.each([
  [comparison.replace("seeds:", "seed:"), /compared\.yaml:2: seed is not a known key; did you mean seeds\?/],
  [
    comparison.replace("[3, 5]", "[3, 3]"),
    /compared\.yaml:2: seeds is \[3,3\]; expected seeds that all differ/,
  ],
  [
    comparison.replace("tokens:", "token:"),
    /compared\.yaml:3: budget\.token is not a known key; did you mean budget\.tokens\?/,
  ],
  [
    comparison.replace("base.yaml", "[1]"),
    /compared\.yaml:1: base is \[1\]; expected a recipe file or the sections of a recipe/,
  ],
  [
    comparison.replace("base.yaml", "other.yaml"),
    /other\.yaml: the recipe cannot be read: there is no such file/,
  ],
  [comparison.replace(/arms:[\s\S]*/, "arms: {}\n"), /arms is \{\}; expected at least one arm/],
  [comparison.replace("plain:", "base:"), /arms is .*; expected names other than start and base/],
  [
    `${comparison}baseline: plai\n`,
    /compared\.yaml:13: baseline names plai, which is no arm; did you mean plain\?/,
  ],
  [
    `${comparison}ablations: { F: [plain, xyz] }\n`,
    /ablations\.F names xyz, which is no arm; arms: plain, merged, replaced/,
  ],
])("a comparison that cannot be used is refused by file, line and key: %#", async (text, message) => {
  await expect(load(text)).rejects.toThrow(message);
});

test.each([
  [
    comparison.replace("weightDecay", "weightDecoy"),
    "merged",
    /compared\.yaml:9: optimizer\.weightDecoy is not a known key; did you mean optimizer\.weightDecay\?/,
  ],
  [
    comparison.replace("alpha: groups", "alpha: group"),
    "merged",
    /compared\.yaml:8: algorithm\.alpha is "group"; expected groups/,
  ],
  [
    comparison.replace("plain: {}", "plain: { seed: 4 }"),
    "plain",
    /compared\.yaml:6: arms\.plain\.seed is set; arms share their start/,
  ],
  [comparison.replace("plain: {}", "plain: { task: {} }"), "plain", /arms\.plain\.task is set/],
])("so is an arm: %#", async (text, arm, message) => {
  const config = await load(text);
  expect(() => checkRecipe(recipeSource(config, arm))).toThrow(message);
});

test("a mistake in base is found in its own file", async () => {
  const config = await loadComparison(write(comparison, base.replace("steps: 5", "steps: five")), { warn });
  expect(() => checkRecipe(recipeSource(config, "plain"))).toThrow(/base\.yaml:3: train\.steps is "five"/);
});
