import type { GroupSignal } from "../algorithms/algorithm.ts";
import { internalError } from "../errors.ts";
import { mean, rewardMeans } from "../eval/reward-means.ts";
import type { RolloutStatistics, Score, ScoredGroup, ScoredRollout, SignalLedger } from "../pipeline.ts";

/** Over all completions sampled in a step, of which at least one has a reward. */
export function rolloutStatistics(sampled: readonly ScoredGroup[]): RolloutStatistics {
  const rollouts = sampled.flatMap((group) => group.rollouts);
  const lengths = rollouts.map(({ rollout }) => rollout.tokenIds.length);
  const { reward, rewards } = rewardMeans(rollouts);
  if (reward === null) {
    throw internalError("statistics over rollouts without a single reward");
  }
  const entropies = rollouts.flatMap(({ rollout }) => rollout.entropies);
  return {
    reward,
    rewards,
    entropy: mean(entropies),
    completionLength: {
      mean: mean(lengths),
      min: lengths.reduce((a, b) => Math.min(a, b)),
      max: lengths.reduce((a, b) => Math.max(a, b)),
    },
    truncatedShare:
      rollouts.filter(({ rollout }) => rollout.finishReason === "length").length / rollouts.length,
  };
}

/** The algorithm's account of the groups it was given, completed by what it took to find them. */
export function signalLedger(
  signal: GroupSignal,
  sampled: readonly ScoredGroup[],
  selected: readonly ScoredGroup[],
  resampleRounds: number,
): SignalLedger {
  const rollouts = sampled.flatMap((group) => group.rollouts);
  const sampledTokens = sum(rollouts.map(({ rollout }) => rollout.tokenIds.length));
  const count = (kind: Score["kind"]) => rollouts.filter(({ score }) => score.kind === kind).length;
  return {
    ...signal,
    resampleRounds,
    surplusGroups: sampled.length - selected.length,
    sampledCompletions: rollouts.length,
    unscorable: count("unscorable"),
    timeouts: count("timeout"),
    errors: count("error"),
    sampledTokens,
    tokensPerInformativeGroup: signal.informativeGroups > 0 ? sampledTokens / signal.informativeGroups : null,
  };
}

export interface RewardFailures {
  /** Share of the completions that have no reward. */
  share: number;
  /** One line for each reward that threw or timed out. */
  warnings: string[];
  /** Why, in the words of the first of them; null if there is none. */
  firstReason: string | null;
}

/** Which rewards failed, in words. An `unscorable` verdict is no failure as long as another reward gives a value. */
export function rewardFailures(sampled: readonly ScoredGroup[]): RewardFailures {
  const rollouts = sampled.flatMap((group) => group.rollouts);
  const failures = new Map<string, { count: number; first: string }>();
  for (const { scores } of rollouts) {
    for (const [name, score] of Object.entries(scores)) {
      if (failed(score)) {
        const failure = failures.get(name);
        failures.set(name, { count: (failure?.count ?? 0) + 1, first: failure?.first ?? score.reason });
      }
    }
  }
  const unscored = rollouts.flatMap(({ score }) => (score.kind === "value" ? [] : [score]));
  return {
    share: unscored.length / rollouts.length,
    warnings: [...failures].map(
      ([name, { count, first }]) =>
        `reward ${name} failed on ${count} of ${rollouts.length} completions, first: ${first}`,
    ),
    firstReason: unscored[0]?.reason ?? null,
  };
}

type Failure = Extract<Score, { kind: "timeout" | "error" }>;

function failed(score: Score): score is Failure {
  return score.kind === "timeout" || score.kind === "error";
}

/** Why rewards of a rollout gave no value, null if all did. */
export function unscoredReason({ score, scores }: ScoredRollout): string | null {
  const reasons = [...Object.values(scores), score].flatMap((each) =>
    each.kind === "value" ? [] : [each.reason],
  );
  return reasons.length > 0 ? [...new Set(reasons)].join("; ") : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
