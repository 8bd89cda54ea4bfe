import { parseArgs } from "node:util";
import { engineSettings } from "../src/compute/local/engine-settings.ts";
import { createPolicyLearner } from "../src/compute/local/policy-learner.ts";
import { createRandom } from "../src/random.ts";
import { matrixProductRate } from "./matrix-product-rate.ts";
import { medianSeconds, parameterCount, randomPolicy, randomTokens } from "./random-policy.ts";

// Our side of `torch_step.py learner`: forward and backward of -(logp * advantage).sum() / tokens.
const { values } = parseArgs({
  options: {
    model: { type: "string", default: "256,6,4,2,1024,2048" },
    batch: { type: "string", default: "32" },
    len: { type: "string", default: "128" },
    repeats: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    "micro-batch-tokens": { type: "string" },
  },
});
const [batchSize, length] = [Number(values.batch), Number(values.len)];
const policy = randomPolicy(values.model, Number(values.threads));
const microBatchTokens = values["micro-batch-tokens"];
const settings = engineSettings(
  {
    threads: Number(values.threads),
    ...(microBatchTokens && { microBatchTokens: Number(microBatchTokens) }),
  },
  policy.model,
);
const learner = createPolicyLearner(policy, settings.learner);
const { vocabularySize, hiddenSize, layers } = policy.model.dimensions;
const random = createRandom(1);
const counted = batchSize * (length - 1);
const groups = randomTokens(batchSize, length, vocabularySize).map(([first, ...tokenIds]) => {
  const advantage = random.normal() / counted;
  return { promptTokenIds: [first], completions: [{ tokenIds, weights: tokenIds.map(() => advantage) }] };
});
const seconds = await medianSeconds(async () => {
  await learner.forwardBackward({ groups });
  learner.clearGradients();
}, Number(values.repeats));
const tokens = batchSize * length;
const operations = 6 * parameterCount(policy) * tokens + 12 * layers * hiddenSize * length * tokens;
console.log(
  JSON.stringify({
    tokens_per_s: Math.round(tokens / seconds),
    gflops: Number((operations / seconds / 1e9).toFixed(1)),
    gemm_gflops: Number((await matrixProductRate(policy.backend)).toFixed(1)),
  }),
);
