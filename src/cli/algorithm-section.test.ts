import { expect, test } from "vitest";
import { createAlgorithm } from "./create-algorithm.ts";
import { loadRecipe } from "./recipe.ts";

const recipe = (...set: string[]) => loadRecipe("test/support/tiny.yaml", { set });
const context = { highestReward: 1, maxTokens: 40 };

test.each(["gpg", "grpo", "dr-grpo", "dapo", "rloo", "reinforce++", "sft"])(
  "%s by name alone",
  async (name) => {
    const { algorithm } = await recipe(`algorithm={ name: ${name} }`);
    expect(createAlgorithm(algorithm, context).name).toBe(name);
  },
);

test("a section without a name is of gpg", async () => {
  const { algorithm } = await recipe('algorithm={ alpha: "off" }');
  expect(algorithm).toMatchObject({ name: "gpg", preset: "paper", alpha: "off" });
  await expect(recipe("algorithm={ clipLow: 0.1 }")).rejects.toThrow(/algorithm\.clipLow is not a known key/);
});

test.each([
  ["{ name: grpo, preset: paper }", /algorithm\.preset is not a known key/],
  ["{ name: rloo, scaleRewards: group }", /algorithm\.scaleRewards is not a known key/],
  ["{ name: sft, beta: 0.1 }", /algorithm\.beta is not a known key/],
  ["{ name: gpo }", /algorithm\.name is "gpo"/],
  ["{ name: grpo, numIterations: 0 }", /algorithm\.numIterations is 0/],
])("%s is refused", async (section, message) => {
  await expect(recipe(`algorithm=${section}`)).rejects.toThrow(message);
});

test("sums are divided by the completion limit where no constant is given", async () => {
  const { algorithm } = await recipe("algorithm={ name: grpo, aggregation: constant }");
  expect(() => createAlgorithm(algorithm, context)).not.toThrow();
});

test("one completion a prompt is enough only where none are compared", async () => {
  const one = "train.completionsPerPrompt=1";
  await expect(recipe(one)).rejects.toThrow(
    /train\.completionsPerPrompt is 1.* at least 2, because gpg compares/,
  );
  await expect(recipe(one, "algorithm={ name: reinforce++, baseline: group }")).rejects.toThrow(/at least 2/);
  for (const name of ["sft", "reinforce++"]) {
    expect((await recipe(one, `algorithm={ name: ${name} }`)).train.completionsPerPrompt).toBe(1);
  }
});
