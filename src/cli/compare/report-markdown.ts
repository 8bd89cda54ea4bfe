import { inPercent, markdownTable } from "../../eval/markdown-table.ts";
import { formatCount, formatDuration, formatPercent, plural } from "../format.ts";
import type { AblationReport, ArmCost, ArmReport, ComparisonReport } from "./report.ts";
import type { PairedDifference, Summary } from "./statistics.ts";

const none = "–";

/** The report for people, with the curves beside it as `curves.svg`. */
export function reportMarkdown(report: ComparisonReport): string {
  const { name, baseline, finishedRuns, plannedRuns, failures, ablations, startCost, seeds } = report;
  const shown = measureWords(report);
  const parts = [
    `# ${name}`,
    `${plural(report.arms.length, "arm")}, ${plural(seeds.length, "seed")} (${seeds.join(", ")}); ${shown.long} on ${report.heldOutProblems} held-out problems a seed. All arms of a seed begin from the same weights and see the same data.`,
    ...(finishedRuns < plannedRuns ? [`**Not finished: ${finishedRuns} of ${plannedRuns} runs are.**`] : []),
    ...failures.map(({ run, message }) => `**${run} failed:** ${message}`),
    `## ${shown.title}`,
    `Mean ± standard deviation over seeds. Differences from \`${baseline}\` are taken seed by seed: mean, 95% confidence interval by Student's t, and the seeds on which the arm came out higher or lower.`,
    markdownTable([
      ["arm", "seeds", "before", "after", `difference from ${baseline}`, "higher / lower"],
      baseRow(report),
      ...report.arms.map((arm) => armRow(arm, report)),
    ]),
    "![Learning curves](curves.svg)",
    "## Cost",
    "Means over seeds. Time is spent in steps: sampling, scoring, learning and the rest; evaluations are not counted. A group is uninformative if all its rewards are equal. Groups that were sampled in search of informative ones and then left out count in samples and tokens.",
    markdownTable([
      [
        "arm",
        "steps",
        "samples",
        "tokens sampled",
        "tokens learned",
        "uninformative groups",
        "tokens an informative group",
        "time",
        "sampling",
        "scoring",
        "learning",
        "rest",
      ],
      ...(startCost ? [costRow("warm start, shared", startCost)] : []),
      ...report.arms.flatMap(({ arm, cost }) => (cost ? [costRow(arm, cost)] : [])),
    ]),
    ...ablations.flatMap((ablation) => ablationSection(ablation, report)),
    "## Runs",
    runsTable(report),
  ];
  return `${parts.join("\n\n")}\n`;
}

interface MeasureWords {
  title: string;
  long: string;
  value(value: number): string;
}

/** Accuracies are shares, shown in percent; rewards are shown as they are. */
function measureWords({ measure }: ComparisonReport): MeasureWords {
  return measure === "accuracy"
    ? {
        title: "Held-out accuracy",
        long: "greedy accuracy in percent",
        value: inPercent,
      }
    : {
        title: `Held-out ${measure}`,
        long: `mean ${measure} of greedy completions`,
        value: (value) => value.toFixed(3),
      };
}

function baseRow(report: ComparisonReport): string[] {
  const { base } = report;
  const cell = summaryCell(base, measureWords(report));
  return ["base (the start)", String(base?.count ?? 0), cell, cell, none, none];
}

function armRow({ arm, runs, before, after, difference }: ArmReport, report: ComparisonReport): string[] {
  const words = measureWords(report);
  return [
    arm,
    String(runs),
    summaryCell(before, words),
    summaryCell(after, words),
    ...differenceCells(difference, words),
  ];
}

function summaryCell(summary: Summary | null, { value }: MeasureWords): string {
  if (summary === null) {
    return none;
  }
  return summary.deviation === null
    ? value(summary.mean)
    : `${value(summary.mean)} ± ${value(summary.deviation)}`;
}

function differenceCells(difference: PairedDifference | null, { value }: MeasureWords): string[] {
  if (difference === null) {
    return [none, none];
  }
  const { mean, halfWidth, higher, lower } = difference;
  const signed = (number: number): string => (number < 0 ? value(number) : `+${value(number)}`);
  const interval = halfWidth === null ? "" : ` (${signed(mean - halfWidth)} to ${signed(mean + halfWidth)})`;
  return [`${signed(mean)}${interval}`, `${higher} / ${lower}`];
}

function costRow(name: string, cost: ArmCost): string[] {
  const { sample, score, learn, total } = cost.seconds;
  return [
    name,
    formatCount(cost.steps),
    formatCount(cost.samples),
    formatCount(cost.sampledTokens),
    formatCount(cost.learnedTokens),
    cost.uninformativeShare === null ? none : formatPercent(cost.uninformativeShare),
    cost.tokensPerInformativeGroup === null ? none : formatCount(cost.tokensPerInformativeGroup),
    ...[total, sample, score, learn, Math.max(total - sample - score - learn, 0)].map(formatDuration),
  ];
}

function ablationSection({ name, settings, members }: AblationReport, report: ComparisonReport): string[] {
  const words = measureWords(report);
  return [
    `## Ablation: ${name}`,
    markdownTable([
      ["arm", ...settings, "after", `difference from ${members[0]!.arm}`, "higher / lower"],
      ...members.map(({ arm, values, after, difference }) => [
        arm,
        ...settings.map((setting) => (values[setting] === null ? none : String(values[setting]))),
        summaryCell(after, words),
        ...differenceCells(difference, words),
      ]),
    ]),
  ];
}

function runsTable(report: ComparisonReport): string {
  const { value } = measureWords(report);
  const find = (arm: string, seed: number) => report.runs.find((run) => run.arm === arm && run.seed === seed);
  const cell = (number: number | null | undefined): string => (number == null ? none : value(number));
  const starts = report.seeds.map((seed) => report.runs.find((run) => run.seed === seed)?.before);
  return markdownTable([
    ["arm", ...report.seeds.map((seed) => `seed ${seed}`)],
    ["base (the start)", ...starts.map(cell)],
    ...report.arms.map(({ arm }) => [arm, ...report.seeds.map((seed) => cell(find(arm, seed)?.after))]),
  ]);
}
