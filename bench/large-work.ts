import { parseArgs } from "node:util";
import { createAdapter } from "../src/compute/local/lora/adapter.ts";
import { describeNewAdapter, newAdapterValues } from "../src/compute/local/lora/new-adapter.ts";
import { adaptPolicy, type Policy } from "../src/compute/local/policy.ts";
import { createPolicyLearner } from "../src/compute/local/policy-learner.ts";
import { createPolicySampler } from "../src/compute/local/policy-sampler.ts";
import type { TrainingBatch } from "../src/pipeline.ts";
import { createRandom } from "../src/random.ts";
import { matrixProductRate } from "./matrix-product-rate.ts";
import { parameterCount, randomPolicy, randomTokens } from "./random-policy.ts";

// One GPG step of a large model: several completions of one prompt, then the update. The first of each warms up.
const { values } = parseArgs({
  options: {
    model: { type: "string", default: "896,24,14,2,4864,151936" },
    completions: { type: "string", default: "8" },
    prompt: { type: "string", default: "128" },
    new: { type: "string", default: "256" },
    rank: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
    "micro-batch-tokens": { type: "string", default: "2048" },
    checkpointing: { type: "boolean", default: false },
  },
});
const [completions, promptLength, newTokens, rank] = [
  values.completions,
  values.prompt,
  values.new,
  values.rank,
].map(Number);

function adapted(policy: Policy): Policy {
  const settings = { rank, alpha: 2 * rank, dropout: 0, targetModules: "all-linear", useRslora: false };
  const description = describeNewAdapter(
    { settings, seed: 0, base: { name: "bench", revision: null } },
    policy.model,
  );
  return adaptPolicy(
    policy,
    createAdapter(policy.backend, policy.model, description, newAdapterValues(policy.model, description, 0)),
  );
}

const base = randomPolicy(values.model, Number(values.threads));
const policy = rank > 0 ? adapted(base) : base;
const sampler = createPolicySampler(policy, {
  endTokenIds: [],
  decode: () => "",
  maxRows: completions,
});
const learner = createPolicyLearner(policy, {
  adamw: { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 },
  maxGradientNorm: 1,
  microBatchTokens: Number(values["micro-batch-tokens"]),
  lanes: 1,
  gradientCheckpointing: values.checkpointing,
});
const [promptTokenIds] = randomTokens(1, promptLength, policy.model.dimensions.vocabularySize);
const rollout = () =>
  sampler.sample([{ promptTokenIds, count: completions, seed: 0 }], {
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    maxTokens: newTokens,
    stop: [],
  });
const secondsOf = async (run: () => unknown): Promise<number> => {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
};

const [sampled] = rollout();
const rolloutSeconds = await secondsOf(rollout);
const random = createRandom(1);
const batch: TrainingBatch = {
  groups: [
    {
      promptTokenIds,
      completions: sampled.map(({ tokenIds }) => {
        const advantage = random.normal() / (completions * newTokens);
        return { tokenIds, weights: tokenIds.map(() => advantage) };
      }),
    },
  ],
};
const update = async () => {
  await learner.forwardBackward(batch);
  learner.optimStep(1e-6);
};
await update();
const updateSeconds = await secondsOf(update);
const newRows = completions * newTokens;
const parameters = parameterCount(base);
const rate = (operations: number, seconds: number) => Number((operations / seconds / 1e9).toFixed(1));
console.log(
  JSON.stringify({
    rollout_s: Number(rolloutSeconds.toFixed(2)),
    update_s: Number(updateSeconds.toFixed(2)),
    rollout_tokens_per_s: Math.round(newRows / rolloutSeconds),
    update_tokens_per_s: Math.round((completions * (promptLength + newTokens)) / updateSeconds),
    rollout_gflops: rate(2 * parameters * newRows, rolloutSeconds),
    // Of the tokens that differ: the prompt stands once.
    update_gflops: rate((rank > 0 ? 4 : 6) * parameters * (promptLength + newRows), updateSeconds),
    gemm_gflops: Number((await matrixProductRate(policy.backend)).toFixed(1)),
  }),
);
