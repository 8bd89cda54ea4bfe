import { expect, test } from "vitest";
import { accuracy, createSumsTask } from "../../test/support/sums-run.ts";
import { createTabularPolicy } from "../../test/support/tabular-policy.ts";
import { unfiltered } from "../../test/support/unfiltered.ts";
import { weighDemonstrations } from "../algorithms/sft.ts";
import { DataError } from "../errors.ts";
import type { Reward } from "../rewards/reward.ts";
import { type EvaluateOptions, evaluate, greedy } from "./evaluate.ts";

const sampling = { ...unfiltered, maxTokens: 3 };

/** A policy that knows the first `known` sums by heart. */
async function setUp(known: number): Promise<EvaluateOptions> {
  const { codec, sampler, learner } = createTabularPolicy();
  const task = createSumsTask();
  const problems = Array.from({ length: task.heldOut.size }, (_, index) => task.heldOut.at(index));
  const demonstrations = problems.slice(0, known).map(({ prompt, answer }) => ({
    promptTokenIds: codec.encodePrompt(prompt),
    tokenIds: codec.encodeCompletion(answer),
  }));
  await learner.forwardBackward(weighDemonstrations(demonstrations));
  await learner.optimStep({ learningRate: 1000 });
  return { codec, sampler, task, problems, sampling: greedy(sampling) };
}

test("accuracy is the share of right answers, problem by problem", async () => {
  const options = await setUp(6);
  const { results, metrics } = await evaluate(options);
  expect(results.map(({ prompt }) => prompt.problem.id)).toEqual(options.problems.map(({ id }) => id));
  const right = results.map(({ rollouts }) => rollouts[0].scores.accuracy);
  expect(right.slice(0, 6)).toEqual(new Array(6).fill({ kind: "value", value: 1 }));
  // The three unknown sums have equal logits, so that the first token wins: 0, which is none of their sums.
  expect(metrics).toEqual({
    accuracy: 6 / 9,
    brevity: 6 / 9,
    reward: (6 * 1.25) / 9,
    unscoredShare: 0,
    truncatedShare: 3 / 9,
    completionLength: (6 * 2 + 3 * 3) / 9,
  });
});

test("the size of its batches changes nothing, and greedy answers do not depend on the seed", async () => {
  const options = await setUp(5);
  const whole = await evaluate(options);
  const progress: number[] = [];
  const pieces = await evaluate({
    ...options,
    batchSize: 2,
    seed: 99,
    onProgress: ({ done }) => progress.push(done),
  });
  expect(pieces).toEqual(whole);
  expect(progress).toEqual([2, 4, 6, 8, 9]);
  const drawn = { ...options, sampling, completionsPerProblem: 3 };
  expect(await evaluate({ ...drawn, batchSize: 4 })).toEqual(await evaluate(drawn));
});

test("the task's stop strings end a completion", async () => {
  const options = await setUp(9);
  const { results } = await evaluate({ ...options, task: { ...options.task, stop: ["2"] } });
  expect(results[2].rollouts[0].rollout).toMatchObject({ text: "2", finishReason: "stop" });
  expect(results[2].rollouts[0].rollout.tokenIds).toHaveLength(1);
});

test("a reward that fails is counted, and has no mean where it always fails", async () => {
  const options = await setUp(9);
  const failing: Reward = {
    ...accuracy,
    score: () => {
      throw new Error("away");
    },
  };
  const { metrics } = await evaluate({
    ...options,
    task: createSumsTask({ rewards: [{ reward: failing, weight: 1 }] }),
  });
  expect(metrics).toEqual({ unscoredShare: 1, truncatedShare: 0, completionLength: 2 });
});

test("a prompt over the limit is refused by name", async () => {
  const options = await setUp(1);
  await expect(evaluate({ ...options, maxPromptTokens: 3 })).rejects.toThrow(DataError);
  await expect(evaluate({ ...options, maxPromptTokens: 3 })).rejects.toThrow(
    "problem sums/0+0: its prompt has 4 tokens, the limit is 3; raise maxPromptTokens, or set longPrompts to skip",
  );
});
