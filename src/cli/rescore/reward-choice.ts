import path from "node:path";
import { wayOut } from "../../error-text.ts";
import { ConfigError } from "../../errors.ts";
import { parseParameters } from "../../parse-parameters.ts";
import { type RewardEntry, rewardEntries, taskRewardsSchema } from "../../tasks/task-rewards.ts";
import { applyOverrides, parseOverride } from "../recipe-source.ts";
import type { Recipe } from "../run-config.ts";

/** The reward to score with, and the run's own that it stands in for. */
export interface RewardChoice {
  entry: RewardEntry;
  replaced: string | null;
  /** Of the run's rewards, without the one that is stood in for, and of the new one. */
  weights: Record<string, number>;
}

export interface RewardChoiceOptions {
  /** One of the run's rewards, a registered one, or a file. */
  reward: string;
  insteadOf?: string | undefined;
  set?: readonly string[] | undefined;
}

const entryKeys = ["weight", "reward", "file", "export", "timeLimit", "highest", "parameters"];

/**
 * One of the run's rewards as the recipe has it, changed by `--set`; any other stands in for `insteadOf`, or is added with
 * weight 1. Throws ConfigError for names and values that cannot be used.
 */
export function chooseReward(rewards: Recipe["task"]["rewards"], options: RewardChoiceOptions): RewardChoice {
  const entries = rewardEntries(rewards);
  const names = entries.map(({ name }) => name);
  const own = entries.find(({ name }) => name === options.reward);
  const replaced = options.insteadOf ?? own?.name ?? null;
  if (replaced !== null && !names.includes(replaced)) {
    throw new ConfigError(`--instead-of ${replaced}: the run has no such reward${wayOut(replaced, names)}`);
  }
  const weight = entries.find(({ name }) => name === replaced)?.weight ?? 1;
  const entry = withSettings(own ?? { ...otherReward(options.reward), weight }, options.set ?? []);
  const others = entries.filter(({ name }) => name !== replaced && name !== entry.name);
  return {
    entry,
    replaced,
    weights: Object.fromEntries([...others, entry].map(({ name, weight }) => [name, weight])),
  };
}

function otherReward(reward: string): Omit<RewardEntry, "weight"> {
  return /\.[cm]?[jt]s$/.test(reward)
    ? { name: path.parse(reward).name, file: reward }
    : { name: reward, reward };
}

/** `--set key=value` for each key of the entry, or of the reward's own parameters. */
function withSettings(entry: RewardEntry, set: readonly string[]): RewardEntry {
  const overrides = set.map(parseOverride).map((override) => ({
    ...override,
    path: entryKeys.includes(override.path[0]!) ? override.path : ["parameters", ...override.path],
  }));
  const source = applyOverrides({ file: "--set", value: entry, locate: () => "--set" }, overrides);
  const checked = parseParameters(taskRewardsSchema, [source.value], "--set");
  return rewardEntries(checked)[0]!;
}
