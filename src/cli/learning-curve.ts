import type { RunEvent } from "../pipeline.ts";

export interface CurvePoint {
  /** Optimizer step of the whole run. */
  step: number;
  /** A share from 0 to 1. */
  value: number;
}

/** What a run learned, step by step, as shares from 0 to 1. */
export interface LearningCurve {
  /** The last step of the warm start; 0 without one. */
  warmStartSteps: number;
  lastStep: number;
  /** Greedy accuracy on held-out problems. */
  heldOut: readonly CurvePoint[];
  /** Mean reward of the sampled completions as a share of the highest reward. */
  reward: readonly CurvePoint[];
}

/** Reads the curve from a journal. Steps that a resumed run repeated count once, in their last version. */
export function learningCurve(events: Iterable<RunEvent>, highestReward: number): LearningCurve {
  const heldOut = new Map<number, number>();
  const reward = new Map<number, number>();
  let warmStartSteps = 0;
  let lastStep = 0;
  for (const event of events) {
    if (event.type === "step") {
      lastStep = Math.max(lastStep, event.step);
      if (event.stage === "warm-start") {
        warmStartSteps = Math.max(warmStartSteps, event.step);
      } else if (event.rollouts !== null) {
        reward.set(event.step, event.rollouts.reward / highestReward);
      }
    } else if (event.type === "evaluation" && event.metrics.accuracy !== undefined) {
      lastStep = Math.max(lastStep, event.step);
      heldOut.set(event.step, event.metrics.accuracy);
    }
  }
  const points = (values: ReadonlyMap<number, number>): CurvePoint[] =>
    [...values].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step);
  return { warmStartSteps, lastStep, heldOut: points(heldOut), reward: points(reward) };
}

/** Held-out accuracy where GPG begins and where it ends; null where it was not evaluated. */
export function beforeAndAfter(curve: LearningCurve): { before: number | null; after: number | null } {
  const before = curve.heldOut.findLast(({ step }) => step <= curve.warmStartSteps);
  const after = curve.heldOut.findLast(({ step }) => step > curve.warmStartSteps);
  return { before: before?.value ?? null, after: after?.value ?? null };
}

/** Mean over a centred window, cut off at the ends. */
export function smooth(points: readonly CurvePoint[], window: number): CurvePoint[] {
  const half = Math.floor(window / 2);
  return points.map(({ step }, index) => {
    const near = points.slice(Math.max(index - half, 0), index + half + 1);
    return { step, value: near.reduce((sum, { value }) => sum + value, 0) / near.length };
  });
}
