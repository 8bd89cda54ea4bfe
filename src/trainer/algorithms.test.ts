import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { scoredGroup } from "../../test/support/scored-groups.ts";
import { createSumsRun } from "../../test/support/sums-run.ts";
import { createTabularPolicy } from "../../test/support/tabular-policy.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type Algorithm, type Imitation, imitation } from "../algorithms/algorithm.ts";
import { createDapo, dapoDefaults } from "../algorithms/dapo.ts";
import { createDrGrpo, drGrpoDefaults } from "../algorithms/dr-grpo.ts";
import { createGrpo, grpoDefaults } from "../algorithms/grpo.ts";
import { createReinforcePlusPlus, reinforcePlusPlusDefaults } from "../algorithms/reinforce-plus-plus.ts";
import { createRloo, rlooDefaults } from "../algorithms/rloo.ts";
import type { Learner } from "../compute/learner.ts";
import type { RunEvent } from "../pipeline.ts";
import { learnBatch } from "./learn-batch.ts";
import { train } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const highestReward = 1.25;
const moving = { beta: 0.05, numIterations: 2, minibatches: 2, highestReward };
const algorithms: [name: string, Algorithm | Imitation][] = [
  ["grpo", createGrpo({ ...grpoDefaults, ...moving })],
  [
    "grpo by Pinsker's bound",
    createGrpo({ ...grpoDefaults, beta: 0.05, divergence: "pinsker", highestReward }),
  ],
  ["dr-grpo", createDrGrpo({ ...drGrpoDefaults, aggregationConstant: 3, highestReward })],
  ["dapo", createDapo({ ...dapoDefaults, highestReward })],
  ["rloo", createRloo({ ...rlooDefaults, ...moving, minibatches: 1 })],
  ["reinforce++", createReinforcePlusPlus({ ...reinforcePlusPlusDefaults, ...moving, beta: 0 })],
  ["sft", imitation],
];

const steps = 4;

async function run(folder: string, changes: Partial<TrainOptions>) {
  const { options, policy, events } = createSumsRun(folder, { steps, ...changes });
  await train(options);
  return { weights: policy.weights(), records: stepsOf(events), events };
}

function stepsOf(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.type === "step" ? [event] : []));
}

/** Ends the run once it has done so many steps, as an interruption does. */
function endAfter(step: number): Partial<TrainOptions> {
  const stop = new AbortController();
  return {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "step" && event.step === step) {
        stop.abort();
      }
    },
  };
}

test.each(algorithms)("%s learns, and goes on bit for bit from any step", async (_, algorithm) => {
  const whole = await run(temporaryFolder(), { algorithm });
  expect(whole.records).toHaveLength(3 + steps);
  expect(whole.records.slice(3).some(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
  for (const step of [3, 5]) {
    const folder = temporaryFolder();
    await run(folder, { algorithm, ...endAfter(step) });
    expect((await run(folder, { algorithm, resume: true })).weights).toBe(whole.weights);
  }
});

test("several updates on one batch are one step, which reports their means and their tokens together", async () => {
  const { learner } = createTabularPolicy();
  const calls: { loss: number; tokens: number; gradientNorm: number }[] = [];
  const watched: Learner = {
    ...learner,
    forwardBackward: async (batch) => {
      const result = await learner.forwardBackward(batch);
      calls.push({ loss: result.loss, tokens: result.tokens, gradientNorm: 0 });
      return { ...result, metrics: { clipHigh: calls.length } };
    },
    optimStep: async (given) => {
      const result = await learner.optimStep(given);
      calls.at(-1)!.gradientNorm = result.gradientNorm;
      return result;
    },
  };
  const groups = [0, 1, 2].map((id) => scoredGroup([1, 0, { reward: 0, tokens: 2 }], `p${id}`, [id]));
  const algorithm = createRloo({ ...rlooDefaults, numIterations: 3, minibatches: 2, highestReward: 1 });
  const update = await learnBatch(watched, algorithm, algorithm.weigh(groups).batch, 0.1);
  expect(calls).toHaveLength(6);
  expect(update.tokens).toBe(3 * 3 * 4);
  expect(update.metrics).toEqual({ clipHigh: 3.5 });
  for (const name of ["loss", "gradientNorm"] as const) {
    expect(update[name]).toBeCloseTo(calls.reduce((sum, call) => sum + call[name], 0) / 6, 12);
  }
});

test("samples are learned from at the temperature they were drawn with, greedy choices and demonstrations at 1", async () => {
  const temperatures = async (temperature: number) => {
    const { options } = createSumsRun(temporaryFolder(), {
      steps: 1,
      algorithm: createGrpo({ ...grpoDefaults, scaleRewards: "none", beta: 0.1, highestReward }),
    });
    const { learner } = options;
    const seen: (number | undefined)[] = [];
    options.sampling = { ...options.sampling, temperature };
    options.learner = {
      ...learner,
      forwardBackward: (batch) => {
        seen.push(batch.temperature);
        return learner.forwardBackward(batch);
      },
      logprobs: (batch, of) => {
        seen.push(batch.temperature);
        return learner.logprobs(batch, of);
      },
    };
    await train(options);
    return seen;
  };
  const demonstrations = [undefined, undefined, undefined];
  expect(await temperatures(0.5)).toEqual([...demonstrations, 0.5, 0.5]);
  expect(await temperatures(0)).toEqual([...demonstrations, 1, 1]);
});

test("log-probabilities are looked up only where the policy moves within a batch or has a reference", async () => {
  const lookups: string[] = [];
  const settings = { ...grpoDefaults, scaleRewards: "none", aggregation: "tokens", highestReward } as const;
  const watched = async (algorithm: Algorithm) => {
    const { options, policy } = createSumsRun(temporaryFolder(), { steps, algorithm });
    const { learner } = options;
    options.learner = {
      ...learner,
      logprobs: (batch, of) => {
        lookups.push(of);
        return learner.logprobs(batch, of);
      },
    };
    await train(options);
    return policy.weights();
  };
  await watched(createGrpo(settings));
  expect(lookups).toEqual([]);
  await watched(createGrpo({ ...settings, numIterations: 2, beta: 0.1 }));
  expect(new Set(lookups)).toEqual(new Set(["policy", "reference"]));
});

test("a run whose reference is gone says so", async () => {
  const folder = temporaryFolder();
  const algorithm = algorithms[0]![1];
  await run(folder, { algorithm, ...endAfter(5) });
  expect(existsSync(path.join(folder, "reference"))).toBe(true);
  rmSync(path.join(folder, "reference"), { recursive: true });
  await expect(run(folder, { algorithm, resume: true })).rejects.toThrow(
    /reference is missing, without which/,
  );
});

test("imitation as the main stage samples nothing and has no ledger", async () => {
  const { records } = await run(temporaryFolder(), { algorithm: imitation, warmStart: null });
  expect(records).toHaveLength(steps);
  for (const record of records) {
    expect(record).toMatchObject({ stage: "train", signal: null, rollouts: null });
    expect(record.tokens).toBeGreaterThan(0);
  }
});
