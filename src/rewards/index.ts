/** What `gpgrad` exports: the types of rewards that users write. */
export type { FinishReason, Message, Problem, Score } from "../pipeline.ts";
export type { GroupRewardFunction, RewardFunction, RewardResult } from "./own/own-reward.ts";
export type { RewardContext } from "./reward.ts";
