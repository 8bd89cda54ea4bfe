import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { isTemporaryName, writeFileAtomically, writing } from "../../atomic-file.ts";
import { CheckpointError, isGpgradError } from "../../errors.ts";
import type { RunEvent } from "../../pipeline.ts";
import { latestCheckpoint } from "../../trainer/checkpoint.ts";
import { holdsRun } from "../../trainer/run-folder.ts";
import { lockRunFolder } from "../../trainer/run-lock.ts";
import { openSession } from "../run-session.ts";
import type { Terminal, TextOutput } from "../terminal.ts";
import { trainWithProgress } from "../train-with-progress.ts";
import { checkComparison, recordComparison } from "./comparison-record.ts";
import { curvesSvg } from "./curves-svg.ts";
import type { ComparisonPlan, PlannedRun } from "./plan.ts";
import { type ComparisonReport, type RunFailure, reportComparison } from "./report.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { readRunState } from "./run-outcome.ts";

export interface ComparisonProgress {
  /** Before a run begins or goes on; `done` of the `total` runs are finished. */
  onRun(run: PlannedRun, standing: { done: number; total: number; resumed: boolean }): void;
  onFailure(failure: RunFailure): void;
  /** Takes the events of a run instead of the progress display. */
  onEvent?: ((run: PlannedRun, event: RunEvent) => void) | undefined;
  terminal: Terminal;
  progress: TextOutput;
  warn: (message: string) => void;
}

export interface ComparisonResult {
  report: ComparisonReport;
  /** False if it was asked to stop. */
  complete: boolean;
}

/**
 * Makes the runs that are not finished yet, one after the other, and writes the report after each. A run that fails is
 * told and left for the next time; the others go on.
 */
export async function runComparison(
  plan: ComparisonPlan,
  options: ComparisonProgress,
): Promise<ComparisonResult> {
  checkComparison(plan);
  writing(plan.folder, () => mkdirSync(plan.folder, { recursive: true }));
  const lock = await lockRunFolder(plan.folder);
  try {
    recordComparison(plan);
    removeLeftovers(plan.folder);
    return await runLocked(plan, options);
  } finally {
    lock.release();
  }
}

async function runLocked(plan: ComparisonPlan, options: ComparisonProgress): Promise<ComparisonResult> {
  const { runs } = plan;
  const failures: RunFailure[] = [];
  const standing = {
    done: runs.filter((run) => readRunState(run).kind === "finished").length,
    total: runs.length,
  };
  for (const run of runs) {
    const start = startOf(plan, run);
    const lacksStart = start !== undefined && failures.some((failure) => failure.run === start.id);
    if (lacksStart || readRunState(run).kind === "finished") {
      continue;
    }
    try {
      options.onRun(run, { ...standing, resumed: holdsRun(run.folder) });
      if (!(await makeRun(plan, run, options))) {
        return { report: writeReport(plan, failures), complete: false };
      }
      standing.done += 1;
    } catch (error) {
      if (!isGpgradError(error)) {
        throw error;
      }
      const failure = { run: run.id, message: error.message };
      failures.push(failure);
      options.onFailure(failure);
    }
    writeReport(plan, failures);
  }
  return { report: writeReport(plan, failures), complete: true };
}

/** Half-written reports of a killed process. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder).filter(isTemporaryName)) {
    rmSync(path.join(folder, name), { force: true });
  }
}

/** False if it was asked to stop, be it at its very end. */
async function makeRun(plan: ComparisonPlan, run: PlannedRun, options: ComparisonProgress): Promise<boolean> {
  const { terminal, progress, warn, onEvent } = options;
  const { folder: runFolder } = run;
  let interrupted = false;
  const session = await openSession(startedRecipe(plan, run), {
    warn,
    progress,
    purpose: { kind: "train", runFolder },
  });
  try {
    const { finished } = await trainWithProgress(session, {
      runFolder,
      resume: holdsRun(runFolder),
      terminal,
      onEvent: onEvent && ((event) => onEvent(run, event)),
      onInterruption: () => {
        interrupted = true;
      },
    });
    return finished && !interrupted;
  } finally {
    await session.close();
  }
}

/** The warm start that a run goes on from, if it is not one itself. */
function startOf({ runs }: ComparisonPlan, { arm, seed }: PlannedRun): PlannedRun | undefined {
  return arm === null ? undefined : runs.find((run) => run.arm === null && run.seed === seed);
}

/** With the checkpoint of its seed's warm start as its model, where there is one. */
function startedRecipe(plan: ComparisonPlan, run: PlannedRun): PlannedRun["recipe"] {
  const { recipe } = run;
  const start = startOf(plan, run);
  if (start === undefined) {
    return recipe;
  }
  const model = latestCheckpoint(start.folder);
  if (model === null) {
    throw new CheckpointError(
      `${start.folder}: the warm start of this seed is finished and has no checkpoint any more; delete the folder to make it again`,
    );
  }
  return { ...recipe, model };
}

function writeReport(plan: ComparisonPlan, failures: readonly RunFailure[]): ComparisonReport {
  const report = reportComparison(plan, failures);
  const write = (name: string, text: string): void => writeFileAtomically(path.join(plan.folder, name), text);
  write("report.json", `${JSON.stringify(report, null, 2)}\n`);
  write("report.md", reportMarkdown(report));
  write("curves.svg", curvesSvg(report, plan.highestReward));
  return report;
}
