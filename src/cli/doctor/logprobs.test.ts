import { expect, test } from "vitest";
import { createSumsTask } from "../../../test/support/sums-run.ts";
import { createTabularPolicy } from "../../../test/support/tabular-policy.ts";
import { checkRecipe } from "../recipe.ts";
import type { Finding } from "./finding.ts";
import { checkLogprobs } from "./logprobs.ts";

const recipe = checkRecipe({
  file: "test.yaml",
  value: {
    model: "model",
    task: { name: "arithmetic" },
    train: { steps: 1, promptsPerStep: 4, completionsPerPrompt: 2 },
    algorithm: { name: "gpg" },
  },
  locate: () => "test.yaml",
});

async function compared(change: (logprob: number, token: number) => number): Promise<Finding> {
  const { codec, sampler, learner } = createTabularPolicy();
  const [finding] = await checkLogprobs({
    recipe,
    task: createSumsTask(),
    codec,
    sampler,
    learner: {
      ...learner,
      forwardBackward: async (batch) => {
        const result = await learner.forwardBackward(batch);
        const logprobs = result.logprobs.map((group) =>
          group.map((completion) => completion!.map((logprob, token) => change(logprob, token))),
        );
        return { ...result, logprobs };
      },
    },
  });
  return finding!;
}

test("log-probabilities of sampler and learner that agree are fine", async () => {
  expect(await compared((logprob) => logprob + 9e-4)).toMatchObject({
    severity: "ok",
    message: expect.stringContaining("is 9.0e-4"),
  });
});

test.each<[what: string, change: (logprob: number, token: number) => number, gap: string]>([
  ["differ anywhere", (logprob, token) => (token === 0 ? logprob - 2e-3 : logprob), "2.0e-3"],
  ["are not numbers", (logprob, token) => (token === 0 ? Number.NaN : logprob), "NaN"],
])("log-probabilities that %s are a failure", async (_, change, gap) => {
  const finding = await compared(change);
  expect(finding).toMatchObject({
    severity: "failure",
    message: expect.stringContaining(`is ${gap}, at token 1`),
  });
});
