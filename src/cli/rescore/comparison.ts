import { combineScores } from "../../algorithms/combine-scores.ts";
import type { Score } from "../../pipeline.ts";
import type { StoredGroup, StoredRollout } from "../../trainer/stored-rollouts.ts";

export type ChangeKind = "same" | "higher" | "lower" | "newly-scored" | "newly-unscored" | "still-unscored";

/** What another reward would have made of one stored completion. */
export interface Change {
  kind: ChangeKind;
  step: number;
  problem: string;
  completion: string;
  /** Of the reward that it stands in for; null where that gave no value. */
  before: number | null;
  after: Score;
  /** The combined reward; null where there is none. */
  rewardBefore: number | null;
  rewardAfter: number | null;
}

export interface Comparison {
  /** Of the run's rewards, the one that is stood in for; null where the new one is added to them. */
  replaced: string | null;
  completions: number;
  steps: number;
  /** Completions by kind of change; of the combined reward where none is stood in for. */
  changes: Record<ChangeKind, number>;
  /** New verdicts that are no value, by kind. */
  unscorable: number;
  timeouts: number;
  errors: number;
  firstReason: string | null;
  /** Means over the completions with a value; null where there is none. */
  mean: { before: number | null; after: number | null };
  combinedMean: { before: number | null; after: number | null };
  /** Groups with two rewards that differ. */
  groups: number;
  informativeGroups: { before: number; after: number };
}

export interface ComparisonOptions {
  name: string;
  replaced: string | null;
  /** Of the run's rewards and of the new one, in place of the one that it stands in for. */
  weights: Readonly<Record<string, number>>;
}

/** Adds up what would change. */
export interface Comparer {
  add(group: StoredGroup, scores: readonly Score[]): Change[];
  result(): Comparison;
}

export function createComparer({ name, replaced, weights }: ComparisonOptions): Comparer {
  const changes: Record<ChangeKind, number> = {
    same: 0,
    higher: 0,
    lower: 0,
    "newly-scored": 0,
    "newly-unscored": 0,
    "still-unscored": 0,
  };
  const kinds: Record<Score["kind"], number> = { value: 0, unscorable: 0, timeout: 0, error: 0 };
  const steps = new Set<number>();
  const means = { before: running(), after: running(), combinedBefore: running(), combinedAfter: running() };
  const informative = { before: 0, after: 0 };
  let firstReason: string | null = null;
  let groups = 0;
  let completions = 0;

  const compare = ({ step }: StoredGroup, rollout: StoredRollout, after: Score): Change => {
    const before = replaced === null ? null : (rollout.rewards[replaced] ?? null);
    const combined = combineScores({ ...scoresOfOthers(rollout, replaced, weights), [name]: after }, weights);
    const rewardAfter = valueOrNull(combined);
    const kind =
      replaced === null ? changeKind(rollout.reward, rewardAfter) : changeKind(before, valueOrNull(after));
    const { problemId: problem, completion, reward: rewardBefore } = rollout;
    return { kind, step, problem, completion, before, after, rewardBefore, rewardAfter };
  };

  return {
    add(group, scores) {
      const added = group.rollouts.map((rollout, index) => compare(group, rollout, scores[index]!));
      for (const { kind, before, after, rewardBefore, rewardAfter } of added) {
        changes[kind]++;
        kinds[after.kind]++;
        firstReason ??= after.kind === "value" ? null : after.reason;
        means.before.add(before);
        means.after.add(valueOrNull(after));
        means.combinedBefore.add(rewardBefore);
        means.combinedAfter.add(rewardAfter);
      }
      steps.add(group.step);
      groups++;
      completions += added.length;
      informative.before += Number(differ(added.map(({ rewardBefore }) => rewardBefore)));
      informative.after += Number(differ(added.map(({ rewardAfter }) => rewardAfter)));
      return added;
    },
    result: () => ({
      replaced,
      completions,
      steps: steps.size,
      changes,
      unscorable: kinds.unscorable,
      timeouts: kinds.timeout,
      errors: kinds.error,
      firstReason,
      mean: { before: means.before.read(), after: means.after.read() },
      combinedMean: { before: means.combinedBefore.read(), after: means.combinedAfter.read() },
      groups,
      informativeGroups: informative,
    }),
  };
}

/**
 * The verdicts of the run's other rewards. The log has no kind for one without a value: where the sum had a value all the
 * same, it was unscorable, which adds nothing; otherwise it may have failed, which leaves the sum unknown.
 */
function scoresOfOthers(
  { reward, rewards, unscoredReason }: StoredRollout,
  replaced: string | null,
  weights: Readonly<Record<string, number>>,
): Record<string, Score> {
  const others = Object.entries(rewards).filter(([name]) => name !== replaced && name in weights);
  const unknown: Score = {
    kind: reward === null ? "error" : "unscorable",
    reason: unscoredReason ?? "no value in the log",
  };
  return Object.fromEntries(
    others.map(([name, value]) => [name, value === null ? unknown : { kind: "value", value }]),
  );
}

function changeKind(before: number | null, after: number | null): ChangeKind {
  if (before === null) {
    return after === null ? "still-unscored" : "newly-scored";
  }
  if (after === null) {
    return "newly-unscored";
  }
  // A sum that was stored and one that is made again may differ in the last bit.
  const slack = 1e-12 * Math.max(1, Math.abs(before));
  return Math.abs(after - before) <= slack ? "same" : after > before ? "higher" : "lower";
}

function differ(rewards: readonly (number | null)[]): boolean {
  const values = rewards.filter((reward) => reward !== null);
  return values.some((value) => changeKind(values[0]!, value) !== "same");
}

const valueOrNull = (score: Score): number | null => (score.kind === "value" ? score.value : null);

function running(): { add(value: number | null): void; read(): number | null } {
  let sum = 0;
  let count = 0;
  return {
    add(value) {
      if (value !== null) {
        sum += value;
        count++;
      }
    },
    read: () => (count === 0 ? null : sum / count),
  };
}
