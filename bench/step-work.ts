import { parseArgs } from "node:util";
import { createGpg } from "../src/algorithms/gpg.ts";
import { gpgPresets } from "../src/algorithms/gpg-presets.ts";
import { startLocalBackend } from "../src/compute/local/index.ts";
import type { Problem } from "../src/pipeline.ts";
import { createRandom } from "../src/random.ts";
import type { Reward } from "../src/rewards/reward.ts";
import { createProblemCursor } from "../src/trainer/problem-cursor.ts";
import type { TrainOptions } from "../src/trainer/train-options.ts";
import { trainStep } from "../src/trainer/train-step.ts";
import { median } from "./median.ts";
import { qwen2Configuration } from "./random-policy.ts";

// Our side of `trl_grpo.py`: whole steps of the trainer, worker thread and all, on prompts of single-token words.
const { values } = parseArgs({
  options: {
    model: { type: "string", default: "256,6,4,2,1024,2048" },
    prompts: { type: "string", default: "8" },
    group: { type: "string", default: "8" },
    "prompt-len": { type: "string", default: "64" },
    "completion-len": { type: "string", default: "64" },
    steps: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
  },
});
const [prompts, group, promptLength, completionLength, steps] = [
  values.prompts,
  values.group,
  values["prompt-len"],
  values["completion-len"],
  values.steps,
].map(Number);
const { vocab_size: vocabularySize, ...config } = qwen2Configuration(values.model);
// Beside the words, the tokenizer has one character, a padding token and an end token.
const words = Array.from({ length: (vocabularySize as number) - 3 }, (_, word) => `<w${word}>`);
const backend = await startLocalBackend({
  model: { config, tokenizer: { characters: " ", tags: words }, seed: 0 },
  optimizer: { maxGradientNorm: 1 },
  threads: Number(values.threads),
});

const random = createRandom(1);
const size = prompts * (steps + 2);
const problems = Array.from({ length: size }, (_, index): Problem => {
  const prompt = Array.from({ length: promptLength }, () => words[random.integer(words.length)]).join("");
  return { id: `bench/${index}`, prompt, answer: "", columns: {} };
});
const parity: Reward = {
  name: "parity",
  highest: 1,
  score: ({ completion }) => ({
    kind: "value",
    value: Number(/\d+(?=>$)/.exec(completion)?.[0] ?? 0) % 2,
  }),
};
const problemSet = { size, at: (index: number) => problems[index] };
const algorithm = createGpg({ ...gpgPresets.paper, highestReward: 1 });
const options: TrainOptions = {
  ...backend,
  task: {
    name: "bench",
    train: problemSet,
    heldOut: problemSet,
    rewards: [{ reward: parity, weight: 1 }],
    stop: [],
  },
  algorithm,
  runDirectory: "",
  resume: false,
  recipeName: "bench",
  modelName: "bench",
  parameters: backend.model.parameters,
  seed: 1,
  warmStart: null,
  steps,
  schedule: () => 1e-5,
  promptsPerStep: prompts,
  completionsPerPrompt: group,
  maxPromptTokens: promptLength,
  longPrompts: "refuse",
  sampling: {
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    maxTokens: completionLength,
    stop: [],
  },
  maxResampleRounds: 0,
  promptWeights: null,
  unscoredShareLimit: 0.5,
  budget: null,
  evaluate: null,
  checkpoint: { every: 0, keep: 1, rollingEvery: 1 },
  settings: {},
};
const cursor = createProblemCursor(problemSet, options.seed);
const run = (step: number) =>
  trainStep(
    { options, step, cursor, learningRate: 1e-5, progress: () => {}, warn: () => {}, keep: () => {} },
    algorithm,
  );

await run(1);
const records = [];
for (let step = 2; step <= steps + 1; step++) {
  records.push(await run(step));
}
await backend.close();
console.log(
  JSON.stringify({
    step_s: Number(median(records.map(({ seconds }) => seconds.total)).toFixed(3)),
    sample_s: Number(median(records.map(({ seconds }) => seconds.sample)).toFixed(3)),
    learn_s: Number(median(records.map(({ seconds }) => seconds.learn)).toFixed(3)),
    completion_length: records[0].rollouts?.completionLength.mean,
  }),
);
