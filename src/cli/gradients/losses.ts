import { isImitation } from "../../algorithms/algorithm.ts";
import { atTemperature } from "../../algorithms/updates.ts";
import type { SamplingParameters } from "../../compute/sampler.ts";
import type { ScoredGroup, ScoredRollout, TrainingBatch } from "../../pipeline.ts";
import { type AlgorithmSection, algorithmSection } from "../algorithm-section.ts";
import { type AlgorithmContext, createAlgorithm } from "../create-algorithm.ts";
import type { NamedBatch } from "./measure-gradients.ts";

/** Each with its usual settings. Resampling does not matter: the groups are those that there are. */
const algorithms = {
  "gpg-plain": { name: "gpg", alpha: "off" },
  "gpg-std": { name: "gpg", alpha: "off", normalisation: "group-std" },
  "gpg-alpha": { name: "gpg" },
  grpo: { name: "grpo" },
  "dr-grpo": { name: "dr-grpo" },
  dapo: { name: "dapo" },
  rloo: { name: "rloo" },
  "reinforce++": { name: "reinforce++" },
} as const;

/** The names of the losses, the recipe's own one first. */
export const lossNames: readonly string[] = ["recipe", ...Object.keys(algorithms), "sft"];

interface LossContext {
  recipe: AlgorithmSection;
  sampling: Pick<SamplingParameters, "maxTokens" | "temperature">;
}

/** What each loss makes of stored groups at the policy that is asked, as if it had sampled them: every ratio is 1. */
export function batchesOf(
  names: readonly string[],
  groups: readonly ScoredGroup[],
  { recipe, sampling }: LossContext,
): NamedBatch[] {
  const context = { maxTokens: sampling.maxTokens, highestReward: highestRewardOf(groups) };
  return names.map((name) => {
    if (name === "sft" || (name === "recipe" && recipe.name === "sft")) {
      return { name, batch: imitateBest(groups, context) };
    }
    const section =
      name === "recipe" ? recipe : algorithmSection.parse(algorithms[name as keyof typeof algorithms]);
    const batch = weigh(section, groups, context);
    return { name, batch: batch && atTemperature(batch, sampling.temperature) };
  });
}

/** Without a KL term. Null where no token has a weight. */
function weigh(
  section: AlgorithmSection,
  groups: readonly ScoredGroup[],
  context: AlgorithmContext,
): TrainingBatch | null {
  const algorithm = createAlgorithm("beta" in section ? { ...section, beta: 0 } : section, context);
  if (isImitation(algorithm)) {
    return null;
  }
  const { batch, signal } = algorithm.weigh(algorithm.select(groups, groups.length), groups);
  return signal.zeroLossReason === null ? batch : null;
}

/** Cross-entropy on the completions that earned the highest reward of the batch: what fine-tuning on the best would do. */
function imitateBest(
  groups: readonly ScoredGroup[],
  { highestReward }: AlgorithmContext,
): TrainingBatch | null {
  const isBest = ({ score }: ScoredRollout): boolean =>
    score.kind === "value" && score.value >= highestReward;
  const best = groups.flatMap(({ rollouts }) => rollouts.filter(isBest));
  const tokens = best.reduce((total, { rollout }) => total + rollout.tokenIds.length, 0);
  if (tokens === 0) {
    return null;
  }
  return {
    loss: { name: "cross-entropy" },
    groups: groups.map(({ prompt, rollouts }) => ({
      promptTokenIds: prompt.tokenIds,
      completions: rollouts.map((scored) => {
        const { tokenIds } = scored.rollout;
        return { tokenIds, weights: tokenIds.map(() => (isBest(scored) ? 1 / tokens : 0)) };
      }),
    })),
  };
}

/** The highest reward that a completion of these groups earned; 0 if none has one. */
function highestRewardOf(groups: readonly ScoredGroup[]): number {
  const values = groups.flatMap(({ rollouts }) =>
    rollouts.flatMap(({ score }) => (score.kind === "value" ? [score.value] : [])),
  );
  return values.length === 0 ? 0 : values.reduce((a, b) => Math.max(a, b));
}
