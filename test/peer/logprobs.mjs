// Log-probabilities of the learner and greedy completions of the sampler, through the built package: `node logprobs.mjs FOLDER BATCH`.
import { startLocalBackend } from "../../dist/compute/local/index.js";

const [folder, batch] = process.argv.slice(2);
const { groups, newTokens } = JSON.parse(batch);
const backend = await startLocalBackend({ model: folder });
const { logprobs } = await backend.learner.forwardBackward({
  groups: groups.map(({ prompt, completion }) => ({
    promptTokenIds: prompt,
    completions: [{ tokenIds: completion, weights: completion.map(() => 0.1) }],
  })),
});
const sampled = await backend.sampler.sample(
  groups.map(({ prompt }, seed) => ({ promptTokenIds: prompt, count: 1, seed })),
  { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, maxTokens: newTokens, stop: [] },
);
await backend.close();
const greedy = sampled.map(([{ tokenIds }]) => tokenIds);
console.log(JSON.stringify({ logprobs: logprobs.flat(2), greedy }));
