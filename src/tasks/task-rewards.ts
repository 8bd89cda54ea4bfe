import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { createReward } from "../rewards/registry.ts";
import type { Reward } from "../rewards/reward.ts";
import type { Task } from "./task.ts";

/** Rewards by name: a weight in the sum, or a weight with the reward's own parameters beside it. */
export const taskRewardsSchema = z
  .record(z.string(), z.union([z.number(), z.looseObject({ weight: z.number() })]))
  .refine((rewards) => Object.keys(rewards).length > 0, "a task needs at least one reward");

export type TaskRewardsParameters = z.output<typeof taskRewardsSchema>;

/** Throws ConfigError for an unknown reward or reward parameter. */
export function createTaskRewards(parameters: TaskRewardsParameters): Task["rewards"] {
  return Object.entries(parameters).map(([name, entry]) => {
    const { weight, ...own } = typeof entry === "number" ? { weight: entry } : entry;
    return { reward: namedReward(name, own), weight };
  });
}

function namedReward(name: string, parameters: unknown): Reward {
  try {
    return createReward(name, parameters);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`task.rewards: ${error.message}`) : error;
  }
}
