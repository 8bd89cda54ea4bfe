import { expect, test } from "vitest";
import { armCurves } from "./curves.ts";
import type { ComparisonReport, FinishedRun } from "./report.ts";

/** A run of evaluations [step, accuracy], eight samples a step, which began at 10%. */
function run(seed: number, evaluations: readonly (readonly [step: number, accuracy: number])[]): FinishedRun {
  const [last] = evaluations.at(-1)!;
  return {
    seed,
    arm: "plain",
    before: 0.1,
    after: evaluations.at(-1)![1],
    outcome: {
      evaluations: evaluations.map(([step, accuracy]) => ({
        step,
        samples: 8 * step,
        metrics: { accuracy },
      })),
      rewards: Array.from({ length: last }, (_, index) => ({
        step: index + 1,
        samples: 8 * (index + 1),
        reward: seed,
      })),
    } as unknown as FinishedRun["outcome"],
  };
}

function curveOf(...runs: readonly FinishedRun[]) {
  const report = { measure: "accuracy", arms: [{ arm: "plain" }], runs } as unknown as ComparisonReport;
  const [{ heldOut, reward }] = armCurves(report) as [ReturnType<typeof armCurves>[number]];
  const points = (curve: typeof heldOut) => curve.map(({ x, y }) => [x, y.mean]);
  return { heldOut: points(heldOut), reward: points(reward) };
}

test("a run that ended early does not bend the curve of the others: ends are averaged with ends", () => {
  const { heldOut, reward } = curveOf(
    run(1, [
      [2, 0.2],
      [4, 0.5],
    ]),
    run(3, [
      [2, 0.4],
      [3, 0.9],
    ]),
  );
  expect(heldOut).toEqual([
    [0, 0.1],
    [16, (0.2 + 0.4) / 2],
    [28, 0.7],
  ]);
  expect(reward).toEqual([
    [8, 2],
    [16, 2],
    [24, 2],
  ]);
});

test("runs that ended at one step meet there", () => {
  expect(curveOf(run(1, [[4, 0.5]]), run(2, [[4, 1]])).heldOut).toEqual([
    [0, 0.1],
    [32, 0.75],
  ]);
});
