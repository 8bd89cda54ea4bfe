// Trains, saves and merges an adapter, or loads one, through the built package: `node adapter.mjs BASE TARGET LORA BATCH`.
// LORA is a recipe's lora section or the folder of an adapter. Prints the log-probabilities of the batch's completions.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { startLocalBackend } from "../../dist/compute/local/index.js";
import { writeMergedFolder } from "../../dist/compute/local/lora/merged-folder.js";

const [base, target, lora, batch] = process.argv.slice(2);
const isNew = lora.startsWith("{");
const saved = path.join(target, "adapter");
const adapter = isNew
  ? { settings: JSON.parse(lora), seed: 1, base: { name: path.resolve(base), revision: null } }
  : lora;
const { groups } = JSON.parse(batch);
const weighted = {
  groups: groups.map(({ prompt, completion }) => ({
    promptTokenIds: prompt,
    completions: [{ tokenIds: completion, weights: completion.map((_, t) => (t % 2 ? 0.1 : -0.05)) }],
  })),
};

const backend = await startLocalBackend({ model: { base, adapter } });
if (isNew) {
  for (let step = 0; step < 4; step++) {
    await backend.learner.forwardBackward(weighted);
    await backend.learner.optimStep({ learningRate: 0.02 });
  }
}
const { logprobs } = await backend.learner.forwardBackward(weighted);
mkdirSync(saved, { recursive: true });
await backend.learner.save(saved);
await backend.close();
await writeMergedFolder({ base, adapter: isNew ? saved : lora }, path.join(target, "merged"));
console.log(JSON.stringify(logprobs.flat(2)));
