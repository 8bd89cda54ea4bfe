import { mean } from "../../eval/reward-means.ts";
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
  /** From the start at 0 to the ends of the runs, wherever these are. */
  heldOut: CurvePoint[];
  /** Of sampled completions; empty for an arm that samples none. */
  reward: CurvePoint[];
}

export function armCurves(report: ComparisonReport): ArmCurve[] {
  return report.arms
    .map(({ arm }) => ({ arm, runs: report.runs.filter((run) => run.arm === arm) }))
    .filter(({ runs }) => runs.length > 0)
    .map(({ arm, runs }) => {
      const heldOut = runs.map((run) => heldOutPoints(run, report.measure));
      const ends = heldOut.flatMap((points) => points.slice(-1));
      const rewards = runs.map(({ outcome }) =>
        outcome.rewards.map(({ step, samples, reward }) => ({ step, x: samples, y: reward })),
      );
      return {
        arm,
        heldOut: [
          ...averageByStep(heldOut.map((points) => points.slice(0, -1))),
          ...(ends.length > 0 ? [meanPoint(ends)] : []),
        ],
        reward: averageByStep(rewards),
      };
    });
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

/** At the steps that all runs have a point at: runs with other budgets left would make the mean jump. */
function averageByStep(runs: readonly (readonly RunPoint[])[]): CurvePoint[] {
  const [first = [], ...others] = runs;
  return first.flatMap((point) => {
    const same = others.flatMap((points) => points.find(({ step }) => step === point.step) ?? []);
    return same.length === others.length ? [meanPoint([point, ...same])] : [];
  });
}

function meanPoint(points: readonly RunPoint[]): CurvePoint {
  return {
    x: mean(points.map(({ x }) => x)),
    y: summarize(points.map(({ y }) => y))!,
  };
}
