import { existsSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../errors.ts";
import { createRewardPool, type RewardPool } from "./pool/pool.ts";
import { createReward } from "./registry.ts";
import type { GroupReward, RewardFacts } from "./reward.ts";
import type { RewardSource } from "./reward-source.ts";
import { scoresOf } from "./score-group.ts";

/** A reward as a recipe asks for it. */
export interface RewardSpecification {
  /** What the recipe calls it; unique among its rewards. */
  name: string;
  source: RewardSource;
  /** Of one call, in seconds; `defaultTimeLimit` if left out. */
  timeLimit?: number | undefined;
  /** The value of a perfect completion, where the reward itself does not know. */
  highest?: number | undefined;
}

/** Seconds. */
export const defaultTimeLimit = 10;

let sharedPool: RewardPool | undefined;

/** One for the whole process: its workers are as many as there are cores. */
export function sharedRewardPool(): RewardPool {
  sharedPool ??= createRewardPool();
  return sharedPool;
}

/** A reward whose calls run in the pool. Throws ConfigError for an unknown name or parameter and for a file that is not there. */
export function openReward(
  { name, source, timeLimit = defaultTimeLimit, highest }: RewardSpecification,
  pool: RewardPool = sharedRewardPool(),
): GroupReward {
  const facts = factsOf(source);
  const request = { name, source, timeLimitSeconds: timeLimit };
  const reward: GroupReward = {
    name,
    highest: highest ?? facts.highest,
    goldEarnsHighest: highest === undefined ? (facts.goldEarnsHighest ?? true) : true,
    scoreGroup: (contexts) => pool.score(request, contexts),
  };
  return {
    ...reward,
    async prepare(trial) {
      const scores = (await Promise.all(trial.map((context) => scoresOf(reward, [context])))).flat();
      const [first] = scores;
      const failed = scores.every(({ kind }) => kind === "error" || kind === "timeout");
      if (first !== undefined && first.kind !== "value" && failed) {
        throw new ConfigError(first.reason);
      }
    },
  };
}

/** What a user's own reward pays at most, only the user knows. */
function factsOf(source: RewardSource): Pick<RewardFacts, "highest" | "goldEarnsHighest"> {
  if (source.kind === "registered") {
    return createReward(source.name, source.parameters);
  }
  const { file } = source;
  const extension = path.extname(file);
  if (![".ts", ".mts", ".js", ".mjs", ".cjs"].includes(extension)) {
    throw new ConfigError(
      `${file}: a reward is a .ts, .mts, .js, .mjs or .cjs file, not ${extension || "without extension"}`,
    );
  }
  if (!existsSync(file)) {
    throw new ConfigError(`${file}: the reward cannot be read: there is no such file`);
  }
  return { highest: 1, goldEarnsHighest: false };
}
