import type { ComparisonReport, FinishedRun } from "./report.ts";
import { type Summary, summarize } from "./statistics.ts";

export interface CurvePoint {
  /** Samples spent so far, mean over the seeds. */
  x: number;
  /** Over the seeds. */
  y: Summary;
}

/** What an arm learned, on average over its finished runs. */
export interface ArmCurve {
  arm: string;
  /** The start at 0 included. */
  heldOut: CurvePoint[];
  /** Of sampled completions; empty for an arm that samples none. */
  reward: CurvePoint[];
}

export function armCurves(report: ComparisonReport): ArmCurve[] {
  return report.arms
    .map(({ arm }) => ({ arm, runs: report.runs.filter((run) => run.arm === arm) }))
    .filter(({ runs }) => runs.length > 0)
    .map(({ arm, runs }) => ({
      arm,
      heldOut: average(runs, (run) => heldOutPoints(run, report.measure)),
      reward: average(runs, ({ outcome }) =>
        outcome.rewards.map(({ step, samples, reward }) => ({ step, x: samples, y: reward })),
      ),
    }));
}

interface RunPoint {
  step: number;
  x: number;
  y: number;
}

function heldOutPoints({ before, outcome }: FinishedRun, measure: string): RunPoint[] {
  const later = outcome.evaluations.flatMap(({ step, samples, metrics }) =>
    step === 0 || metrics[measure] === undefined ? [] : [{ step, x: samples, y: metrics[measure] }],
  );
  return before === null ? later : [{ step: 0, x: 0, y: before }, ...later];
}

/** Step by step, over the runs that have one there; runs that ended early leave the mean to the others. */
function average(runs: readonly FinishedRun[], read: (run: FinishedRun) => RunPoint[]): CurvePoint[] {
  const byStep = new Map<number, RunPoint[]>();
  for (const point of runs.flatMap(read)) {
    byStep.set(point.step, [...(byStep.get(point.step) ?? []), point]);
  }
  return [...byStep.keys()]
    .sort((a, b) => a - b)
    .map((step) => {
      const points = byStep.get(step)!;
      return {
        x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
        y: summarize(points.map(({ y }) => y))!,
      };
    });
}
