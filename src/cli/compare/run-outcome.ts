import type { Metrics, PhaseSeconds, RunEvent } from "../../pipeline.ts";
import { isSpent } from "../../trainer/budget.ts";
import { readJournal } from "../../trainer/journal.ts";
import { runPaths } from "../../trainer/run-folder.ts";
import type { RunCounters } from "../../trainer/trainer-state.ts";
import type { PlannedRun } from "./plan.ts";

type StepEvent = Extract<RunEvent, { type: "step" }>;

/** What a finished run measured and what it spent. */
export interface RunOutcome {
  steps: number;
  /** Held-out evaluations in their order. */
  evaluations: { step: number; samples: number; metrics: Metrics }[];
  /** Mean reward of the sampled completions, for each step that sampled. */
  rewards: { step: number; samples: number; reward: number }[];
  /** Completions sampled, or demonstrations imitated. */
  samples: number;
  sampledTokens: number;
  learnedTokens: number;
  /** Groups that were trained on, and those of them whose rewards differ. */
  groups: number;
  informativeGroups: number;
  /** Groups sampled in search of informative ones and then left out. */
  surplusGroups: number;
  seconds: PhaseSeconds & { evaluate: number };
}

/** Where a run stands: `finished` runs have an outcome, their last evaluation in it; others are begun or not. */
export type RunState =
  | { kind: "finished"; outcome: RunOutcome }
  | { kind: "begun"; step: number }
  | { kind: "new" };

export function readRunState({ folder, recipe }: PlannedRun): RunState {
  const events = readJournal(runPaths(folder).journal);
  const last = events.at(-1);
  if (last === undefined) {
    return { kind: "new" };
  }
  const steps = events.filter((event) => event.type === "step");
  const totalSteps = (recipe.warmStart?.steps ?? 0) + recipe.train.steps;
  const isEvaluated = (step: number) =>
    events.some((event) => event.type === "evaluation" && event.step === step);
  if (
    last.type === "run-finished" &&
    (last.step === totalSteps || isSpent(recipe.train.budget, countersOf(steps))) &&
    isEvaluated(last.step)
  ) {
    return { kind: "finished", outcome: outcomeOf(events, steps, recipe) };
  }
  return { kind: "begun", step: steps.at(-1)?.step ?? 0 };
}

function outcomeOf(
  events: readonly RunEvent[],
  steps: readonly StepEvent[],
  recipe: PlannedRun["recipe"],
): RunOutcome {
  const samplesAfter = new Map([[0, 0]]);
  let samples = 0;
  for (const { step, stage, signal } of steps) {
    samples += signal?.sampledCompletions ?? demonstrations(recipe, stage);
    samplesAfter.set(step, samples);
  }
  const upTo = (step: number): number => samplesAfter.get(step) ?? samples;
  const evaluations = events.filter((event) => event.type === "evaluation");
  const signals = steps.flatMap(({ signal }) => signal ?? []);
  const counters = countersOf(steps);
  return {
    steps: steps.length,
    evaluations: evaluations.map(({ step, metrics }) => ({ step, samples: upTo(step), metrics })),
    rewards: steps.flatMap(({ step, rollouts }) =>
      rollouts === null ? [] : [{ step, samples: upTo(step), reward: rollouts.reward }],
    ),
    samples,
    sampledTokens: counters.sampledTokens,
    learnedTokens: counters.learnedTokens,
    groups: sum(signals.map(({ groups }) => groups)),
    informativeGroups: sum(signals.map(({ informativeGroups }) => informativeGroups)),
    surplusGroups: sum(signals.map(({ surplusGroups }) => surplusGroups)),
    seconds: {
      sample: sum(steps.map(({ seconds }) => seconds.sample)),
      score: sum(steps.map(({ seconds }) => seconds.score)),
      learn: sum(steps.map(({ seconds }) => seconds.learn)),
      total: counters.seconds,
      evaluate: sum(evaluations.map(({ seconds }) => seconds)),
    },
  };
}

/** What a step without a sampler imitates. */
function demonstrations({ warmStart, train }: PlannedRun["recipe"], stage: StepEvent["stage"]): number {
  return stage === "warm-start" ? (warmStart?.batchSize ?? 0) : train.promptsPerStep;
}

/** Added up in the order of the trainer, so that a budget is spent here exactly when it was spent there. */
function countersOf(steps: readonly StepEvent[]): RunCounters {
  return {
    sampledCompletions: sum(steps.map(({ signal }) => signal?.sampledCompletions ?? 0)),
    sampledTokens: sum(steps.map(({ signal }) => signal?.sampledTokens ?? 0)),
    learnedTokens: sum(steps.map(({ tokens }) => tokens)),
    updates: steps.filter(({ signal }) => !signal?.zeroLossReason).length,
    seconds: sum(steps.map(({ seconds }) => seconds.total)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
