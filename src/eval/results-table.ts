import type { BenchmarkResult, Grader } from "./benchmark-result.ts";
import { findBenchmark, paperBenchmarks } from "./benchmarks/registry.ts";
import type { EvaluationResults } from "./evaluation-results.ts";
import { inPercent, markdownTable } from "./markdown-table.ts";
import type { Estimate } from "./metrics/bootstrap.ts";

/** `table.md`: pass@1 in the form of the paper's tables, and what stands behind it. */
export function resultsTable(results: EvaluationResults): string {
  const { benchmarks, average, name: model, template } = results;
  const columns = inOrderOfPaper(benchmarks);
  const row = (grader: Grader, name: string): string[] => [
    name,
    ...columns.map(({ metrics }) => percent(metrics[grader]["pass@1"])),
    percent(average.passAt1[grader]),
  ];
  const over = columns.filter(({ benchmark }) => average.over.includes(benchmark));
  return [
    markdownTable([
      ["Model", ...columns.map(({ title }) => title), "Avg."],
      row("gpgrad", model),
      row("upstream", `${model}, upstream's grader`),
    ]),
    "",
    `pass@1 in percent; template ${template}; Avg. is the mean over ${over.map(({ title }) => title).join(", ")}.`,
    "",
    markdownTable([
      [
        ...["Benchmark", "Problems", "Samples", "pass@1 (95%)", ...metricColumns(columns)],
        ...[
          "Cut off",
          "No answer",
          "Unscorable",
          "Graders differ",
          "Tokens",
          "Temperature",
          "Top-p",
          "Limit",
        ],
      ],
      ...columns.map((result) => detailRow(result, metricColumns(columns))),
    ]),
    "",
    "Shares in percent of all completions. Intervals: bootstrap over problems. Unscorable problems are in no metric.",
    ...columns.flatMap(remarks),
    "",
  ].join("\n");
}

function inOrderOfPaper(benchmarks: readonly BenchmarkResult[]): BenchmarkResult[] {
  const place = ({ benchmark }: BenchmarkResult) => {
    const index = paperBenchmarks.indexOf(benchmark);
    return index < 0 ? paperBenchmarks.length : index;
  };
  return [...benchmarks].sort((a, b) => place(a) - place(b));
}

/** Where n differs between benchmarks, the columns of n are one. */
function metricColumns(columns: readonly BenchmarkResult[]): string[] {
  return columns.some(({ samples }) => samples > 1) ? ["pass@n", "maj@n"] : [];
}

function detailRow(result: BenchmarkResult, more: readonly string[]): string[] {
  const { metrics, samples } = result;
  const own = metrics.gpgrad;
  const passAt1 = own["pass@1"] ?? null;
  const interval =
    passAt1 === null ? "-" : `${percent(passAt1)} (${inPercent(passAt1.low)} to ${inPercent(passAt1.high)})`;
  return [
    result.title,
    String(result.problems),
    String(samples),
    interval,
    ...more.map((name) => percent(own[name.replace("n", String(samples))])),
    ...[result.truncatedShare, result.unansweredShare, result.unscorableShare].map(inPercent),
    inPercent(result.disagreementShare),
    result.meanTokens.toFixed(0),
    String(result.temperature),
    String(result.topP),
    String(result.maxTokens),
  ];
}

function remarks({ benchmark, title, problems, skipped }: BenchmarkResult): string[] {
  const official = findBenchmark(benchmark).problems;
  return [
    ...(skipped.length > 0
      ? ["", `${title}: left out, because their prompts are too long for the model: ${skipped.join(", ")}.`]
      : []),
    ...(problems === official
      ? []
      : [
          "",
          `${title}: ${problems} problems instead of ${official}; not comparable with published results.`,
        ]),
  ];
}

function percent(estimate: Estimate | null | undefined): string {
  return estimate ? inPercent(estimate.value) : "-";
}
