import path from "node:path";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { nearestKey } from "../nearest-key.ts";
import { openReward } from "../rewards/open-reward.ts";
import type { AnyReward } from "../rewards/reward.ts";
import type { RewardSource } from "../rewards/reward-source.ts";
import type { Task } from "./task.ts";

const weight = z.number();
const common = {
  /** Registered reward; without it and `file`, the one of the entry's own name. */
  reward: z.string().min(1).optional(),
  /** Of a reward of the user's own, relative to the working directory. */
  file: z.string().min(1).optional(),
  /** What the file exports. */
  export: z.string().min(1).optional(),
  /** Seconds of one call. */
  timeLimit: z.number().positive().optional(),
  highest: z.number().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
};
const namedEntry = z.looseObject({ weight, ...common });
const listedEntry = z.strictObject({
  name: z.string().min(1).optional(),
  weight: weight.default(1),
  ...common,
});

/** Rewards by name: a weight in the sum, or a weight with the reward's own parameters beside it; or a list of them. */
export const taskRewardsSchema = z
  .union([z.record(z.string(), z.union([weight, namedEntry])), z.array(listedEntry)], {
    error: "rewards by name with their weights, or a list of rewards",
  })
  .refine((rewards) => Object.keys(rewards).length > 0, "at least one reward");

export type TaskRewardsParameters = z.output<typeof taskRewardsSchema>;

/** One reward of a recipe, whichever way it is written there. */
export interface RewardEntry extends Omit<z.output<typeof listedEntry>, "name"> {
  name: string;
}

/** Throws ConfigError for an unknown reward or reward parameter, a missing file, or two rewards of one name. */
export function createTaskRewards(parameters: TaskRewardsParameters): Task["rewards"] {
  return rewardEntries(parameters).map((entry) => ({ reward: rewardOf(entry), weight: entry.weight }));
}

/** Throws ConfigError for an entry that names no reward, or two of one name. */
export function rewardEntries(parameters: TaskRewardsParameters): RewardEntry[] {
  const entries = Array.isArray(parameters) ? parameters.map(listed) : Object.entries(parameters).map(named);
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new ConfigError(`task.rewards: two rewards are called "${twice}"; give one of them another "name"`);
  }
  return entries;
}

/** Without the time limits, which decide no number as long as they are kept. */
export function untimedRewards(parameters: TaskRewardsParameters): TaskRewardsParameters {
  const untimed = <Limited extends object>(entry: Limited): Limited => ({ ...entry, timeLimit: undefined });
  if (Array.isArray(parameters)) {
    return parameters.map(untimed);
  }
  const entries = Object.entries(parameters);
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, typeof entry === "number" ? entry : untimed(entry)]),
  );
}

function named([name, entry]: [string, number | z.output<typeof namedEntry>]): RewardEntry {
  if (typeof entry === "number") {
    return { name, weight: entry };
  }
  const { weight, reward, file, export: exported, timeLimit, highest, parameters, ...beside } = entry;
  if (file !== undefined) {
    refuseMisspelt(name, Object.keys(beside));
  }
  return {
    name,
    weight,
    reward,
    file,
    export: exported,
    timeLimit,
    highest,
    parameters: { ...beside, ...parameters },
  };
}

/** A reward of the user's own takes any parameter: one that looks like a key of its entry is taken for that. */
function refuseMisspelt(reward: string, parameters: readonly string[]): void {
  for (const parameter of parameters) {
    const near = nearestKey(parameter, ["weight", ...Object.keys(common)]);
    if (near !== undefined) {
      throw new ConfigError(
        `task.rewards: ${reward}.${parameter} is not a known key; did you mean ${near}? A parameter of that name goes under parameters`,
      );
    }
  }
}

function listed(entry: z.output<typeof listedEntry>): RewardEntry {
  const name = entry.name ?? entry.reward ?? (entry.file && path.parse(entry.file).name);
  if (name === undefined) {
    throw new ConfigError('task.rewards: an entry has neither "name", "reward" nor "file"; name a reward');
  }
  return { ...entry, name };
}

function rewardOf({ name, timeLimit, highest, ...entry }: RewardEntry): AnyReward {
  try {
    return openReward({ name, source: sourceOf(name, entry), timeLimit, highest });
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`task.rewards: ${error.message}`) : error;
  }
}

function sourceOf(name: string, entry: Omit<RewardEntry, "name">): RewardSource {
  const { reward, file, export: exported, parameters = {} } = entry;
  if (file === undefined) {
    if (exported !== undefined) {
      throw new ConfigError(`reward ${name}: "export" goes with "file"; name the file that exports it`);
    }
    return { kind: "registered", name: reward ?? name, parameters };
  }
  if (reward !== undefined) {
    throw new ConfigError(`reward ${name}: it has both "file" and "reward"; leave one of them out`);
  }
  return { kind: "file", file: path.resolve(file), export: exported ?? "default", parameters };
}
