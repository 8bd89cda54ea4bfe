import type { Score } from "../../pipeline.ts";
import type { RewardContext } from "../reward.ts";

/** A verdict; a number is short for `{ kind: "value", value }`. */
export type RewardResult = Score | number;

/** What a reward file exports: a function of one completion, and of the parameters in the recipe. */
export type RewardFunction<Parameters = unknown> = (
  context: RewardContext,
  parameters: Parameters,
) => RewardResult | Promise<RewardResult>;

/** Or this, for verdicts on all completions of one prompt at once: one result a context, in their order. */
export interface GroupRewardFunction<Parameters = unknown> {
  scoreGroup(
    contexts: readonly RewardContext[],
    parameters: Parameters,
  ): readonly RewardResult[] | Promise<readonly RewardResult[]>;
}
