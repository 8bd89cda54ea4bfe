import { expect, test } from "vitest";
import { checkRecipe } from "./recipe.ts";
import { parseRecipe } from "./recipe-source.ts";
import { withSteps } from "./run-length.ts";

const recipe = (train: string, rest = "") =>
  checkRecipe(
    parseRecipe(
      `model: some/folder\ntask: { name: arithmetic }\ntrain: { ${train}, promptsPerStep: 4, completionsPerPrompt: 2 }\n${rest}`,
      "try.yaml",
    ),
  );

test("epochs become steps in which every problem is met so often, the last one whole", () => {
  expect(withSteps(recipe("epochs: 1"), 40).train).toMatchObject({ steps: 10 });
  expect(withSteps(recipe("epochs: 1"), 41).train).toMatchObject({ steps: 11 });
  expect(withSteps(recipe("epochs: 0.5"), 41).train).toMatchObject({ steps: 6 });
  expect(withSteps(recipe("epochs: 3"), 41).train).not.toHaveProperty("epochs");
});

test("steps stay what they are, whatever the data", () => {
  expect(withSteps(recipe("steps: 7"), 4000).train.steps).toBe(7);
});

test("an interval is a number of steps, a share of all steps or an epoch", () => {
  const every = (value: string) =>
    withSteps(recipe("epochs: 2", `checkpoint: { every: ${value} }\nevaluate: { every: ${value} }`), 41);
  expect(every("3").checkpoint.every).toBe(3);
  expect(every("0").checkpoint.every).toBe(0);
  expect(every("0.1").checkpoint.every).toBe(3);
  expect(every("epoch").checkpoint.every).toBe(11);
  expect(every("epoch").evaluate.every).toBe(11);
});

test("the length is given once", () => {
  expect(() => recipe("steps: 3, epochs: 1")).toThrow(
    "try.yaml:3: train.epochs is 1; expected nothing here, because train.steps gives the length too",
  );
  expect(() => recipe("maxPromptTokens: 3")).toThrow(
    "try.yaml:3: train.steps is missing; expected a whole number, or epochs in its place",
  );
});

test.each(["1.5", "-1", "often"])("an interval of %s is refused", (every) => {
  expect(() => recipe("steps: 3", `checkpoint: { every: ${every} }`)).toThrow(
    /^try.yaml:4: checkpoint\.every is .*; expected a whole number of steps, a share of all steps below 1, or epoch$/,
  );
});
