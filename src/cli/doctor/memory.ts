import { formatBytes } from "../format.ts";
import { memoryLimit, predictMemory } from "../predicted-memory.ts";
import type { PreparedModel } from "../prepared-run.ts";
import type { Recipe } from "../run-config.ts";
import type { Check } from "./check.ts";
import { failure, ok, warning } from "./finding.ts";

/** Compares what training takes at its fullest with what this machine, or the container it runs in, has. */
export const memoryCheck: Check = {
  name: "memory",
  examine: ({ run }) => {
    const estimate = predictMemory(run, run.recipe);
    const { total, activations, caches } = estimate;
    const limit = memoryLimit();
    const free = process.availableMemory();
    const lasting = total - activations - caches;
    const message =
      `training takes about ${formatBytes(total)} (${formatBytes(lasting)} of weights, gradients and optimizer state, ` +
      `${formatBytes(activations)} of activations, ${formatBytes(caches)} of key-value caches); ` +
      `this machine has ${formatBytes(limit)}, ${formatBytes(free)} of them free`;
    if (total > limit) {
      return [failure("memory", message, remedyFor(run, limit))];
    }
    return total > free
      ? [warning("memory", message, `end what else is running, or ${remedyFor(run, free)}`)]
      : [ok("memory", message)];
  },
};

interface Change {
  words: string;
  apply(recipe: Recipe): Recipe;
}

const withCompute = (recipe: Recipe, compute: Recipe["compute"]): Recipe => ({
  ...recipe,
  compute: { ...recipe.compute, ...compute },
});

/** From what costs nothing to what costs most; each comes on top of those before it. */
const changes: readonly Change[] = [
  {
    words: "compute.microBatchTokens=1024",
    apply: (recipe) => withCompute(recipe, { microBatchTokens: 1024 }),
  },
  {
    words: "compute.samplerRows=16",
    apply: (recipe) => withCompute(recipe, { samplerRows: 16 }),
  },
  {
    words: "compute.gradientCheckpointing=true",
    apply: (recipe) => withCompute(recipe, { gradientCheckpointing: true }),
  },
  {
    words: "optimizer.state=int8",
    apply: (recipe) => ({ ...recipe, optimizer: { ...recipe.optimizer, state: "int8" } }),
  },
];

/** The fewest changes, in this order, with which the run fits into so many bytes. */
export function remedyFor(run: PreparedModel, bytes: number): string {
  let changed = run.recipe;
  let { total } = predictMemory(run, changed);
  const taken: string[] = [];
  for (const { words, apply } of changes) {
    const next = apply(changed);
    const { total: nextTotal } = predictMemory(run, next);
    if (nextTotal < total) {
      changed = next;
      total = nextTotal;
      taken.push(`--set ${words}`);
    }
    if (total <= bytes) {
      return `it fits with ${taken.join(" ")}`;
    }
  }
  return "train an adapter (lora) in place of the whole model, or take a smaller model, shorter completions or fewer of them";
}
