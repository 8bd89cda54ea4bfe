import { existsSync } from "node:fs";
import path from "node:path";
import { wayOut } from "../error-text.ts";
import { ConfigError } from "../errors.ts";
import { type CodeRewardName, codeRewardNames, codeTimeLimit, createCodeReward } from "./code/code-reward.ts";
import { createIoiCodeReward, ioiRewardName } from "./code/ioi/ioi-reward.ts";
import { createModelGradedReward } from "./model-graded/model-graded.ts";
import { createRewardPool, type RewardPool } from "./pool/pool.ts";
import { createReward, rewardNames } from "./registry.ts";
import type { GroupReward, RewardFacts } from "./reward.ts";
import type { RewardSource } from "./reward-source.ts";
import { scoresOf } from "./score-group.ts";

/** A reward as a recipe asks for it. */
export interface RewardSpecification {
  /** What the recipe calls it; unique among its rewards. */
  name: string;
  source: RewardSource;
  /** Of one call, in seconds; 10 if left out, 60 where a model is asked, 120 where programs run. */
  timeLimit?: number | undefined;
  /** The value of a perfect completion, where the reward itself does not know. */
  highest?: number | undefined;
}

/** Seconds. */
export const defaultTimeLimit = 10;
const modelGradedTimeLimit = 60;

const modelGraded = "model_graded";

let sharedPool: RewardPool | undefined;

/** One for the whole process: its workers are as many as there are cores. */
export function sharedRewardPool(): RewardPool {
  sharedPool ??= createRewardPool();
  return sharedPool;
}

/** Every reward that a recipe can ask for by name. */
export const openRewardNames: readonly string[] = [...rewardNames, modelGraded];

/**
 * A reward whose calls run in the pool; one that asks a model or runs programs only waits, and does so here. Throws ConfigError for an
 * unknown name or parameter and for a file that is not there.
 */
export function openReward(
  specification: RewardSpecification,
  pool: RewardPool = sharedRewardPool(),
): GroupReward {
  const { name, source, highest } = specification;
  if (source.kind === "registered" && source.name === modelGraded) {
    const { timeLimit = modelGradedTimeLimit } = specification;
    const reward = createModelGradedReward(source.parameters, { name, timeLimit });
    return { ...reward, ...(highest !== undefined && { highest, goldEarnsHighest: true }) };
  }
  if (source.kind === "registered" && (isCodeReward(source.name) || source.name === ioiRewardName)) {
    const { timeLimit = codeTimeLimit } = specification;
    const options = { name, timeLimit };
    const reward = isCodeReward(source.name)
      ? createCodeReward(source.name, source.parameters, options)
      : createIoiCodeReward(source.parameters, options);
    return { ...reward, ...(highest !== undefined && { highest, goldEarnsHighest: true }) };
  }
  const { timeLimit = defaultTimeLimit } = specification;
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

function isCodeReward(name: string): name is CodeRewardName {
  return (codeRewardNames as readonly string[]).includes(name);
}

/** What a user's own reward pays at most, only the user knows. */
function factsOf(source: RewardSource): Pick<RewardFacts, "highest" | "goldEarnsHighest"> {
  if (source.kind === "registered") {
    if (!openRewardNames.includes(source.name)) {
      throw new ConfigError(`unknown reward "${source.name}"${wayOut(source.name, openRewardNames)}`);
    }
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
