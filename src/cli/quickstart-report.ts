import path from "node:path";
import { writeFileAtomically } from "../atomic-file.ts";
import { internalError } from "../errors.ts";
import { readJournal } from "../trainer/journal.ts";
import { runPaths } from "../trainer/run-folder.ts";
import { type EvaluatedProblem, evaluateSession } from "./evaluate-session.ts";
import { formatCount, formatDuration, formatPercent, shellArgument } from "./format.ts";
import { beforeAndAfter, type LearningCurve, learningCurve } from "./learning-curve.ts";
import { learningCurveSvg } from "./learning-curve-svg.ts";
import { highestReward, type Session } from "./run-session.ts";
import { terminalChart } from "./terminal-chart.ts";

/** The line that `--json` ends with. Shares from 0 to 1. */
export interface QuickstartSummary {
  seed: number;
  /** Greedy accuracy on held-out problems where GPG began, after the warm start. */
  before: number;
  after: number;
  seconds: number;
  parameters: number;
}

const solutions = 3;

/** Draws the learning curve into the run folder and says in words and numbers what the run learned. */
export async function reportQuickstart(
  session: Session,
  { runFolder, seconds }: { runFolder: string; seconds: number },
): Promise<{ text: string; summary: QuickstartSummary }> {
  const { recipe, task, backend } = session;
  const curve = learningCurve(readJournal(runPaths(runFolder).journal), highestReward(task));
  const { before, after } = beforeAndAfter(curve);
  if (before === null || after === null) {
    throw internalError("a finished quickstart has no evaluation before and after GPG");
  }
  const summary = { seed: recipe.seed, before, after, seconds, parameters: backend.model.parameters };
  const plot = path.join(runFolder, "learning-curve.svg");
  writeFileAtomically(plot, learningCurveSvg(curve, plotLabels(session, summary)));
  const { results } = await evaluateSession(session, solutions, () => undefined);
  const problems = Math.min(recipe.evaluate.problems, task.heldOut.size);
  return { text: reportText({ curve, summary, results, problems, plot, runFolder }), summary };
}

function plotLabels({ recipe }: Session, { before, after, seconds, parameters }: QuickstartSummary) {
  return {
    title: `${recipe.name}: ${formatPercent(before)} to ${formatPercent(after)} by GPG`,
    subtitle: `${formatCount(parameters)} parameters, seed ${recipe.seed}, ${formatDuration(seconds)}; greedy accuracy on held-out ${recipe.task.name} problems`,
  };
}

export interface ReportContent {
  curve: LearningCurve;
  summary: QuickstartSummary;
  results: readonly EvaluatedProblem[];
  /** Held-out problems behind each accuracy. */
  problems: number;
  plot: string;
  runFolder: string;
}

export function reportText(content: ReportContent): string {
  const { curve, summary, results, problems, plot, runFolder } = content;
  const rows: [string, number][] = [
    ...curve.heldOut
      .filter(({ step }) => step === 0 && curve.warmStartSteps > 0)
      .map(({ value }): [string, number] => ["untrained", value]),
    [curve.warmStartSteps > 0 ? "before (after the warm start)" : "before", summary.before],
    [`after (${curve.lastStep - curve.warmStartSteps} steps of GPG)`, summary.after],
  ];
  return [
    "",
    `Greedy accuracy on ${problems} held-out problems, ${formatCount(summary.parameters)} parameters, ${formatDuration(summary.seconds)}`,
    "",
    ...table(rows),
    "",
    terminalChart(curve, { columns: 64, rows: 9 }),
    "",
    `Plot: ${plot}`,
    "",
    "Held-out problems, solved by the trained model:",
    ...results.flatMap(solution),
    "",
    "Talk to it:",
    ...results
      .slice(0, 1)
      .map(({ problem }) => `  npx gpgrad sample ${shellArgument(runFolder)} --prompt "${problem.prompt}"`),
    "",
  ].join("\n");
}

function table(rows: readonly [string, number][]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  const rule = (left: string, middle: string, right: string) =>
    `  ${left}${"─".repeat(width + 2)}${middle}${"─".repeat(10)}${right}`;
  return [
    rule("┌", "┬", "┐"),
    ...rows.map(([name, value]) => `  │ ${name.padEnd(width)} │ ${formatPercent(value).padStart(8)} │`),
    rule("└", "┴", "┘"),
  ];
}

function solution({ problem, completion, scores }: EvaluatedProblem): string[] {
  const prompt = typeof problem.prompt === "string" ? problem.prompt : problem.prompt.at(-1)!.content;
  const { accuracy } = scores;
  const right = accuracy?.kind === "value" && accuracy.value > 0;
  return [`  ${right ? "✓ right" : `✗ wrong, it is ${problem.answer}`}   ${prompt}${completion}`];
}
