import type { TokenBatch, TokenGroup } from "../learner.ts";
import { createCompiledCache } from "./compiled-cache.ts";
import { type MicroBatchLimits, planMicroBatches } from "./micro-batches.ts";
import { runRounds } from "./pass-rounds.ts";
import type { Policy } from "./policy.ts";
import { keptLayouts } from "./policy-learner.ts";
import { compileLogprobPasses } from "./training-graph.ts";
import type { TrainingPasses } from "./training-pass.ts";

/** Log-probabilities of given tokens under a policy as it is, without gradient. */
export interface LogprobReader {
  /** [group][completion][token]. */
  read(batch: TokenBatch): Promise<number[][][]>;
  free(): void;
}

export function createLogprobReader(policy: Policy, limits: MicroBatchLimits): LogprobReader {
  const { lanes } = limits;
  const rounds = { lanes, keptLayouts: keptLayouts(policy.model.dimensions, lanes) };
  const passes = createCompiledCache<TrainingPasses>(rounds.keptLayouts);
  return {
    read: async (batch) => {
      const { groups } = batch;
      const found = groups.map(({ completions }) => completions.map((): number[] => []));
      const microBatches = planMicroBatches({ ...batch, groups: groups.map(everyTokenWeighted) }, limits);
      await runRounds(
        microBatches,
        rounds,
        ({ layout }) => passes.get(JSON.stringify(layout), () => compileLogprobPasses(policy, layout, lanes)),
        (group, completion, logprobs_T) => {
          found[group][completion] = logprobs_T;
        },
      );
      return found;
    },
    free: () => passes.clear(),
  };
}

/** What has no weight would be left out. */
function everyTokenWeighted({ promptTokenIds, completions }: TokenGroup) {
  return {
    promptTokenIds,
    completions: completions.map(({ tokenIds }) => ({ tokenIds, weights: tokenIds.map(() => 1) })),
  };
}
