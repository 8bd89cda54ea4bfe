import { createGpg } from "../../src/algorithms/gpg.ts";
import { gpgPresets } from "../../src/algorithms/gpg-presets.ts";
import type { Problem, RunEvent } from "../../src/pipeline.ts";
import type { Reward } from "../../src/rewards/reward.ts";
import type { Task } from "../../src/tasks/task.ts";
import type { TrainOptions } from "../../src/trainer/train-options.ts";
import { createTabularPolicy, type TabularPolicy } from "./tabular-policy.ts";
import { unfiltered } from "./unfiltered.ts";

/** Sums of two digits below 10, the whole answer in one digit. */
export function createSumsTask(options: { rewards?: Task["rewards"] } = {}): Task {
  const problems = [0, 1, 2].flatMap((a) =>
    [0, 1, 2].map((b): Problem => {
      const answer = String(a + b);
      return { id: `sums/${a}+${b}`, prompt: `${a}+${b}=`, answer, demonstration: answer, columns: {} };
    }),
  );
  const set = { size: problems.length, at: (index: number) => problems[index] };
  return {
    name: "sums",
    train: set,
    heldOut: set,
    rewards: options.rewards ?? [
      { reward: accuracy, weight: 1 },
      { reward: brevity, weight: 0.25 },
    ],
    stop: [],
  };
}

export const accuracy: Reward = {
  name: "accuracy",
  highest: 1,
  score: ({ completion, problem }) => ({
    kind: "value",
    value: Number(completion.startsWith(problem.answer)),
  }),
};

export const brevity: Reward = {
  name: "brevity",
  highest: 1,
  score: ({ completion, finishReason }) => ({
    kind: "value",
    value: Number(completion.length === 1 && finishReason === "stop"),
  }),
};

export interface SumsRun {
  policy: TabularPolicy;
  events: RunEvent[];
  options: TrainOptions;
}

/** A run on a fresh policy, as if in a process of its own. */
export function createSumsRun(runDirectory: string, changes: Partial<TrainOptions> = {}): SumsRun {
  const policy = createTabularPolicy();
  const events: RunEvent[] = [];
  const { codec, sampler, learner } = policy;
  return {
    policy,
    events,
    options: {
      codec,
      sampler,
      learner,
      task: createSumsTask(),
      algorithm: createGpg({ ...gpgPresets.paper, highestReward: 1.25 }),
      runDirectory,
      resume: false,
      recipeName: "sums",
      modelName: "tabular",
      parameters: 0,
      seed: 7,
      warmStart: { steps: 3, batchSize: 4, schedule: () => 0.5 },
      steps: 6,
      budget: null,
      schedule: (step) => 8 / (1 + 0.01 * step),
      promptsPerStep: 4,
      completionsPerPrompt: 6,
      sampling: { ...unfiltered, maxTokens: 3 },
      maxPromptTokens: 8,
      longPrompts: "refuse",
      maxResampleRounds: 1,
      promptWeights: null,
      unscoredShareLimit: 0.5,
      evaluate: { every: 4, problems: 9, atStart: true },
      checkpoint: { every: 4, keep: 2, rollingEvery: 1 },
      settings: { optimizer: { momentum: 0.5 } },
      onEvent: (event) => events.push(event),
      ...changes,
    },
  };
}
