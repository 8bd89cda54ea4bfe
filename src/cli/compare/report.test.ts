import { appendFileSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { evaluationEvent, stepEvent } from "../../../test/support/run-events.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import type { RunEvent } from "../../pipeline.ts";
import { lockRunFolder } from "../../trainer/run-lock.ts";
import { loadComparison } from "./comparison-config.ts";
import { checkComparison, recordComparison } from "./comparison-record.ts";
import { curvesSvg } from "./curves-svg.ts";
import { type ComparisonPlan, planComparison } from "./plan.ts";
import { reportComparison } from "./report.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { type ComparisonProgress, runComparison } from "./run-comparison.ts";
import { readRunState } from "./run-outcome.ts";

const time = "2026-01-01T00:00:00.000Z";
const finished = (step: number): RunEvent => ({ time, type: "run-finished", step, seconds: 1 });

async function plan(set: string[] = [], folder = temporaryFolder()): Promise<ComparisonPlan> {
  const config = await loadComparison("test/support/tiny-comparison.yaml", {
    set: ["budget=null", "base.train.steps=2", ...set],
    warn: () => undefined,
  });
  return planComparison(config, folder, { warn: () => undefined });
}

function writeJournal({ runs }: ComparisonPlan, id: string, events: readonly RunEvent[]): void {
  const { folder } = runs.find((run) => run.id === id)!;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "journal.jsonl"), "");
  for (const event of events) {
    appendFileSync(path.join(folder, "journal.jsonl"), `${JSON.stringify(event)}\n`);
  }
}

const warmSteps = Array.from({ length: 50 }, (_, index) =>
  stepEvent({ stage: "warm-start", step: index + 1 }),
);
const start = (accuracy: number): RunEvent[] => [...warmSteps, evaluationEvent(50, accuracy), finished(50)];
const arm = (accuracy: number, informativeGroups = 5): RunEvent[] => [
  stepEvent({ step: 1, informativeGroups }),
  stepEvent({ step: 2, informativeGroups }),
  evaluationEvent(2, accuracy),
  finished(2),
];

async function finishedPlan(): Promise<ComparisonPlan> {
  const made = await plan();
  for (const [id, events] of Object.entries({
    "seed-1/start": start(0.25),
    "seed-1/plain": arm(0.5),
    "seed-1/corrected": arm(0.75, 3),
    "seed-2/start": start(0.5),
    "seed-2/plain": arm(0.75),
    "seed-2/corrected": arm(1, 4),
  })) {
    writeJournal(made, id, events);
  }
  return made;
}

test("every seed has a start, and its arms train on from it without one of their own", async () => {
  const { runs } = await plan();
  expect(
    runs.map(({ id, seed, recipe }) => [id, seed, recipe.seed, recipe.warmStart?.steps, recipe.train.steps]),
  ).toEqual([
    ["seed-1/start", 1, 1, 50, 0],
    ["seed-1/plain", 1, 1, undefined, 2],
    ["seed-1/corrected", 1, 1, undefined, 2],
    ["seed-2/start", 2, 2, 50, 0],
    ["seed-2/plain", 2, 2, undefined, 2],
    ["seed-2/corrected", 2, 2, undefined, 2],
  ]);
  expect(runs.every(({ recipe }) => !recipe.evaluate.atStart)).toBe(true);
});

test("without a warm start the first arm of each seed looks at the start for all", async () => {
  const made = await plan(["base.warmStart=null"]);
  expect(made.runs.map(({ id, recipe }) => [id, recipe.evaluate.atStart])).toEqual([
    ["seed-1/plain", true],
    ["seed-1/corrected", false],
    ["seed-2/plain", true],
    ["seed-2/corrected", false],
  ]);
  writeJournal(made, "seed-1/plain", [evaluationEvent(0, 0.125), ...arm(0.5)]);
  writeJournal(made, "seed-1/corrected", arm(0.25));
  const { base, arms } = reportComparison(made, []);
  expect(base).toEqual({ count: 1, mean: 0.125, deviation: null });
  expect(arms.map(({ before, after }) => [before?.mean, after?.mean])).toEqual([
    [0.125, 0.5],
    [0.125, 0.25],
  ]);
});

test("the report adds up what the runs measured and spent", async () => {
  const report = reportComparison(await finishedPlan(), []);
  expect(report).toMatchObject({ measure: "accuracy", finishedRuns: 6, plannedRuns: 6, baseline: "plain" });
  expect(report.base).toMatchObject({ count: 2, mean: 0.375 });
  const [plain, corrected] = report.arms;
  expect(plain).toMatchObject({
    arm: "plain",
    runs: 2,
    before: { mean: 0.375 },
    after: { mean: 0.625 },
    difference: null,
  });
  expect(corrected!.difference).toMatchObject({ mean: 0.25, deviation: 0, higher: 2, lower: 0 });
  expect(corrected!.cost).toMatchObject({
    steps: 2,
    samples: 128,
    sampledTokens: 6000,
    learnedTokens: 8000,
    uninformativeShare: 1 - 14 / 32,
    tokensPerInformativeGroup: 12_000 / 14,
    seconds: { sample: 2, score: 0, learn: 2, total: 4, evaluate: 3 },
  });
  expect(report.startCost).toMatchObject({
    steps: 50,
    samples: 1600,
    uninformativeShare: null,
    tokensPerInformativeGroup: null,
  });
  expect(report.ablations).toMatchObject([
    {
      name: "alpha",
      settings: ["algorithm.alpha"],
      members: [{ values: { "algorithm.alpha": "off" } }, { difference: { mean: 0.25 } }],
    },
  ]);
});

test("a run is finished once it ended after its last step or with its budget spent", async () => {
  const made = await plan(["budget={samples: 64}"]);
  const run = made.runs[1]!;
  const state = (events: readonly RunEvent[]) => {
    writeJournal(made, run.id, events);
    return readRunState(run);
  };
  expect(state([])).toEqual({ kind: "new" });
  const [one, two] = [stepEvent({ step: 1 }), stepEvent({ step: 2 })];
  expect(state([one])).toEqual({ kind: "begun", step: 1 });
  expect(state([one, evaluationEvent(1, 1), finished(1)])).toMatchObject({
    kind: "finished",
    outcome: { steps: 1, samples: 64 },
  });
  const unlimited = await plan();
  writeJournal(unlimited, run.id, [one, finished(1)]);
  expect(readRunState(unlimited.runs[1]!)).toEqual({ kind: "begun", step: 1 });
  writeJournal(unlimited, run.id, [one, two, evaluationEvent(2, 1), finished(2)]);
  expect(readRunState(unlimited.runs[1]!)).toMatchObject({ kind: "finished" });
  // Stopped after its last step and before the evaluation behind that.
  writeJournal(unlimited, run.id, [one, two, finished(2)]);
  expect(readRunState(unlimited.runs[1]!)).toEqual({ kind: "begun", step: 2 });
});

test("the report in words has every table, and says what is missing", async () => {
  const made = await finishedPlan();
  const text = reportMarkdown(reportComparison(made, []));
  expect(text).toMatch(/\| base \(the start\) +\| +2 \| +37\.5 ± 17\.7 \|/);
  expect(text).toMatch(
    /\| corrected +\| +2 \| 37\.5 ± 17\.7 \| 87\.5 ± 17\.7 \| +\+25\.0 \(\+25\.0 to \+25\.0\) \| +2 \/ 0 \|/,
  );
  expect(text).toMatch(/\| corrected +\| +75\.0 \| +100\.0 \|/);
  expect(text).toMatch(/## Ablation: alpha\n\n\| arm +\| algorithm\.alpha/);
  expect(text).not.toMatch(/Not finished|failed|NaN|undefined|null/);

  writeJournal(made, "seed-2/corrected", []);
  const partial = reportMarkdown(reportComparison(made, [{ run: "seed-2/corrected", message: "no luck" }]));
  expect(partial).toContain("**Not finished: 5 of 6 runs are.**");
  expect(partial).toContain("**seed-2/corrected failed:** no luck");
  expect(partial).not.toMatch(/NaN|undefined|null/);
});

test("what a comparison was begun with is kept: a change is named, further seeds are none", async () => {
  const made = await plan();
  expect(checkComparison(made)).toBeNull();
  recordComparison(made);
  const again = (set: string[]) => plan(set, made.folder);
  expect(() => recordComparison(made)).not.toThrow();
  const refused = async (set: string[]) => {
    const changed = await again(set);
    return () => checkComparison(changed);
  };
  expect(await refused(["seeds=[2]"])).toThrow("was begun with seeds [1,2], now it is [2]; set it back");
  expect(await refused(["base.optimizer.learningRate=0.5"])).toThrow(
    "base.optimizer.learningRate 0.003, now it is 0.5",
  );
  expect(await refused(["ablations={}", "arms={ plain: { algorithm: { alpha: 'off' } } }"])).toThrow(
    "was begun with arms.corrected, which is no longer there",
  );
  expect(await refused(["seeds=[1, 2, 3]", "arms.third={}", "base.checkpoint.keep=1"])).not.toThrow();
});

test("a comparison whose recipe could not be written has not begun", async () => {
  const made = await plan();
  const obstacle = path.join(made.folder, "recipe.yaml");
  mkdirSync(obstacle);
  expect(() => recordComparison(made)).toThrow(obstacle);
  expect(checkComparison(made)).toBeNull();
  rmdirSync(obstacle);
  recordComparison(made);
  expect(checkComparison(made)).not.toBeNull();
  expect(existsSync(obstacle)).toBe(true);
});

test("a comparison that another process is making is left as it is", async () => {
  const made = await plan();
  const lock = await lockRunFolder(made.folder);
  await expect(runComparison(made, {} as ComparisonProgress)).rejects.toThrow("is in use by process");
  expect(checkComparison(made)).toBeNull();
  lock.release();
});

test("the curves name every arm with its last value", async () => {
  const made = await finishedPlan();
  const svg = curvesSvg(reportComparison(made, []), made.highestReward);
  expect(svg).toContain(">plain 62.5%<");
  expect(svg).toContain(">corrected 87.5%<");
  expect(svg.match(/<polyline/g)).toHaveLength(4);
  expect(svg.match(/<polygon/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  // Rewards that are all penalties have no highest to be a share of.
  expect(curvesSvg(reportComparison(made, []), 0)).not.toMatch(/NaN|undefined|Infinity/);
  const empty = await plan();
  expect(curvesSvg(reportComparison(empty, []), 1)).not.toMatch(/NaN|undefined|Infinity/);
  expect(reportMarkdown(reportComparison(empty, []))).not.toMatch(/NaN|undefined|null/);
});
