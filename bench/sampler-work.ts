import { parseArgs } from "node:util";
import { createPolicySampler } from "../src/compute/local/policy-sampler.ts";
import { medianSeconds, randomPolicy, randomTokens } from "./random-policy.ts";

// Our side of `torch_step.py sampler`: each prompt once, temperature 1, no filters; prefill subtracted.
const { values } = parseArgs({
  options: {
    model: { type: "string", default: "256,6,4,2,1024,2048" },
    batch: { type: "string", default: "32" },
    len: { type: "string", default: "128" },
    new: { type: "string", default: "100" },
    repeats: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
  },
});
const [batchSize, length, newTokens] = [values.batch, values.len, values.new].map(Number);
const policy = randomPolicy(values.model, Number(values.threads));
const sampler = createPolicySampler(policy, {
  endTokenIds: [],
  decode: () => "",
  maxRows: batchSize,
});
const prompts = randomTokens(batchSize, length, policy.model.dimensions.vocabularySize);
const generate = (maxTokens: number): void => {
  const parameters = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, maxTokens, stop: [] };
  sampler.sample(
    prompts.map((promptTokenIds, seed) => ({ promptTokenIds, count: 1, seed })),
    parameters,
  );
};
const repeats = Math.max(1, Math.floor(Number(values.repeats) / 2));
const short = await medianSeconds(() => generate(2), repeats);
const long = await medianSeconds(() => generate(newTokens + 2), repeats);
console.log(JSON.stringify({ tokens_per_s: Math.round((batchSize * newTokens) / (long - short)) }));
