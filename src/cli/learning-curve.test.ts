import { expect, test } from "vitest";
import { evaluationEvent, stepEvent } from "../../test/support/run-events.ts";
import type { RunEvent } from "../pipeline.ts";
import { beforeAndAfter, learningCurve, smooth } from "./learning-curve.ts";
import { learningCurveSvg } from "./learning-curve-svg.ts";
import { stepTicks } from "./svg.ts";
import { terminalChart } from "./terminal-chart.ts";

const events: RunEvent[] = [
  stepEvent({ step: 1, stage: "warm-start" }),
  stepEvent({ step: 2, stage: "warm-start" }),
  evaluationEvent(2, 0.4),
  stepEvent({ step: 3, reward: 1 }),
  stepEvent({ step: 3, reward: 0.5 }),
  stepEvent({ step: 4, reward: 2 }),
  evaluationEvent(4, 0.9),
];

test("reads stages, accuracy and reward; a repeated step counts once", () => {
  const curve = learningCurve(events, 2);
  expect(curve).toEqual({
    warmStartSteps: 2,
    lastStep: 4,
    heldOut: [
      { step: 2, value: 0.4 },
      { step: 4, value: 0.9 },
    ],
    reward: [
      { step: 3, value: 0.25 },
      { step: 4, value: 1 },
    ],
  });
  expect(beforeAndAfter(curve)).toEqual({ before: 0.4, after: 0.9 });
});

test("before and after are unknown where nothing was evaluated", () => {
  expect(beforeAndAfter(learningCurve(events.slice(3, 6), 2))).toEqual({ before: null, after: null });
});

test("smoothing averages neighbours, at the ends those that there are", () => {
  const points = [1, 5, 3, 3].map((value, step) => ({ step, value }));
  expect(smooth(points, 3).map(({ value }) => value)).toEqual([3, 3, 11 / 3, 3]);
});

test.each([
  [0, [0]],
  [3, [0, 1, 2, 3]],
  [60, [0, 10, 20, 30, 40, 50, 60]],
  [450, [0, 100, 200, 300, 400]],
])("ticks up to step %i are round numbers", (last, ticks) => {
  expect(stepTicks(last)).toEqual(ticks);
});

test("the SVG marks the warm start, each evaluation and both last values, and escapes its words", () => {
  const svg = learningCurveSvg(learningCurve(events, 2), { title: "a < b & c", subtitle: '"d"' });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 960 500"/);
  expect(svg).toContain("a &lt; b &amp; c");
  expect(svg).toContain("warm start");
  expect(svg.match(/<circle/g)).toHaveLength(2);
  expect(svg).toContain(">90.0%<");
  expect(svg).toContain(">100.0%<");
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test("a run that did nothing still draws", () => {
  const empty = learningCurve([], 1);
  expect(learningCurveSvg(empty, { title: "t", subtitle: "" })).not.toMatch(/NaN|undefined|Infinity/);
  expect(terminalChart(empty, { columns: 20, rows: 5 })).toContain("step 0");
});

test("the terminal chart puts low values low, high values high and ends at the last step", () => {
  const lines = terminalChart(learningCurve(events, 2), { columns: 20, rows: 5 }).split("\n");
  expect(lines[0]).toMatch(/^ 100% ┤.*●$/);
  expect(lines[2]).toMatch(/●/);
  expect(lines.slice(0, 5).every((line) => [...line].length <= 27)).toBe(true);
  expect(lines[6]).toMatch(/0 +step 4$/);
  expect(lines.slice(0, 5).join("")).toContain("┊");
});
