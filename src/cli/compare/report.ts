import type { PhaseSeconds } from "../../pipeline.ts";
import { settingsOf } from "./comparison-record.ts";
import type { ComparisonPlan, PlannedRun } from "./plan.ts";
import { type RunOutcome, readRunState } from "./run-outcome.ts";
import { type PairedDifference, pairedDifference, type Summary, summarize } from "./statistics.ts";

/** A run that is finished. */
export interface FinishedRun {
  seed: number;
  arm: string;
  outcome: RunOutcome;
  /** The measure before and after training; null where the run was not evaluated. */
  before: number | null;
  after: number | null;
}

/** Means over the seeds of an arm. */
export interface ArmCost {
  steps: number;
  samples: number;
  sampledTokens: number;
  learnedTokens: number;
  /** Share of the groups trained on whose rewards are all equal; null where there are no groups. */
  uninformativeShare: number | null;
  /** Groups sampled in search of informative ones and then left out. */
  surplusGroups: number;
  /** Of all tokens sampled and all informative groups; null where there is none. */
  tokensPerInformativeGroup: number | null;
  seconds: PhaseSeconds & { evaluate: number };
}

export interface ArmReport {
  arm: string;
  runs: number;
  before: Summary | null;
  after: Summary | null;
  /** From the baseline after training; null for the baseline itself. */
  difference: PairedDifference | null;
  cost: ArmCost | null;
}

export interface AblationReport {
  name: string;
  /** Settings in which the members differ. */
  settings: string[];
  members: {
    arm: string;
    values: Record<string, unknown>;
    after: Summary | null;
    /** From the first member. */
    difference: PairedDifference | null;
  }[];
}

/** What a comparison came to. Everything under `seconds` depends on the machine; the rest does not. */
export interface ComparisonReport {
  name: string;
  /** The metric of the held-out evaluations that is compared. */
  measure: string;
  seeds: readonly number[];
  heldOutProblems: number;
  baseline: string;
  plannedRuns: number;
  finishedRuns: number;
  failures: readonly RunFailure[];
  /** The start, as it is. */
  base: Summary | null;
  /** Warm starts, mean over seeds; null without one. */
  startCost: ArmCost | null;
  arms: ArmReport[];
  ablations: AblationReport[];
  runs: FinishedRun[];
}

export interface RunFailure {
  run: string;
  message: string;
}

/** Reads what there is in the comparison's run folders. */
export function reportComparison(plan: ComparisonPlan, failures: readonly RunFailure[]): ComparisonReport {
  const { config, arms: recipes } = plan;
  const finished = plan.runs.flatMap((run): { run: PlannedRun; outcome: RunOutcome }[] => {
    const state = readRunState(run);
    return state.kind === "finished" ? [{ run, outcome: state.outcome }] : [];
  });
  const measure = chooseMeasure(finished.map(({ outcome }) => outcome));
  const measured = (outcome: RunOutcome | undefined, position: number): number | null =>
    outcome?.evaluations.at(position)?.metrics[measure] ?? null;
  const starts = new Map(
    config.seeds.flatMap((seed): [number, number][] => {
      const own = finished.filter(({ run }) => run.seed === seed);
      const start =
        own.find(({ run }) => run.arm === null) ?? own.find(({ run }) => run.recipe.evaluate.atStart);
      const value = measured(start?.outcome, start?.run.arm === null ? -1 : 0);
      return value === null ? [] : [[seed, value]];
    }),
  );
  const runs = finished.flatMap(({ run: { arm, seed }, outcome }): FinishedRun[] =>
    arm === null
      ? []
      : [{ seed, arm, outcome, before: starts.get(seed) ?? null, after: measured(outcome, -1) }],
  );
  const after = (arm: string): Map<number, number> =>
    new Map(runs.flatMap((run) => (run.arm === arm && run.after !== null ? [[run.seed, run.after]] : [])));
  const values = (arm: string, key: "before" | "after"): number[] =>
    runs.flatMap((run) => (run.arm === arm && run[key] !== null ? [run[key]] : []));
  const outcomes = (arm: string | null): RunOutcome[] =>
    finished.flatMap(({ run, outcome }) => (run.arm === arm ? [outcome] : []));
  return {
    name: config.name,
    measure,
    seeds: config.seeds,
    heldOutProblems: plan.base.evaluate.problems,
    baseline: config.baseline,
    plannedRuns: plan.runs.length,
    finishedRuns: finished.length,
    failures,
    base: summarize([...starts.values()]),
    startCost: costOf(outcomes(null)),
    arms: Object.keys(recipes).map((arm) => ({
      arm,
      runs: outcomes(arm).length,
      before: summarize(values(arm, "before")),
      after: summarize(values(arm, "after")),
      difference: arm === config.baseline ? null : pairedDifference(after(arm), after(config.baseline)),
      cost: costOf(outcomes(arm)),
    })),
    ablations: Object.entries(config.ablations).map(([name, members]) => {
      const all = members.map((arm) => settingsOf(recipes[arm]!));
      const names = [...new Set(all.flatMap((settings) => Object.keys(settings)))];
      const settings = names.filter((key) => new Set(all.map((each) => each[key])).size > 1);
      return {
        name,
        settings,
        members: members.map((arm, index) => ({
          arm,
          values: Object.fromEntries(settings.map((key) => [key, all[index]![key] ?? null])),
          after: summarize(values(arm, "after")),
          difference: index === 0 ? null : pairedDifference(after(arm), after(members[0]!)),
        })),
      };
    }),
    runs,
  };
}

/** Accuracy where every evaluation has one, else the reward. */
function chooseMeasure(outcomes: readonly RunOutcome[]): string {
  const metrics = outcomes.flatMap(({ evaluations }) => evaluations.map((each) => each.metrics));
  return metrics.every(({ accuracy }) => accuracy !== undefined) ? "accuracy" : "reward";
}

function costOf(outcomes: readonly RunOutcome[]): ArmCost | null {
  if (outcomes.length === 0) {
    return null;
  }
  const total = (read: (outcome: RunOutcome) => number): number =>
    outcomes.reduce((sum, outcome) => sum + read(outcome), 0);
  const mean = (read: (outcome: RunOutcome) => number): number => total(read) / outcomes.length;
  const groups = total((outcome) => outcome.groups);
  const informative = total((outcome) => outcome.informativeGroups);
  return {
    steps: mean(({ steps }) => steps),
    samples: mean(({ samples }) => samples),
    sampledTokens: mean(({ sampledTokens }) => sampledTokens),
    learnedTokens: mean(({ learnedTokens }) => learnedTokens),
    uninformativeShare: groups === 0 ? null : 1 - informative / groups,
    surplusGroups: mean(({ surplusGroups }) => surplusGroups),
    tokensPerInformativeGroup:
      informative === 0 ? null : total(({ sampledTokens }) => sampledTokens) / informative,
    seconds: {
      sample: mean(({ seconds }) => seconds.sample),
      score: mean(({ seconds }) => seconds.score),
      learn: mean(({ seconds }) => seconds.learn),
      total: mean(({ seconds }) => seconds.total),
      evaluate: mean(({ seconds }) => seconds.evaluate),
    },
  };
}
