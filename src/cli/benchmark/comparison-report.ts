import type {
  EvaluationComparison,
  PairedDifference,
  StoredEvaluation,
} from "../../eval/compare-evaluations.ts";
import { inPercent, markdownTable } from "../../eval/markdown-table.ts";

/** A comparison for people: what differs, by how much, and whether chance would do. */
export function comparisonReport(
  first: StoredEvaluation,
  second: StoredEvaluation,
  { grader, differences, notes }: EvaluationComparison,
): string {
  const rows = differences.map((difference): string[] => [
    difference.title,
    String(difference.problems),
    inPercent(difference.first),
    inPercent(difference.second),
    `${signed(difference.difference.value)} (${signed(difference.difference.low)} to ${signed(difference.difference.high)})`,
    `${difference.wins} / ${difference.losses}`,
    pInWords(difference.pValue),
    significance(difference),
  ]);
  const head = ["Benchmark", "Problems", "A", "B", "B - A (95%)", "B / A better", "p", ""];
  return [
    `A: ${first.model} (${first.folder})`,
    `B: ${second.model} (${second.folder})`,
    "",
    markdownTable([head, ...rows]),
    "",
    `pass@1 in percent${grader === "upstream" ? " by upstream's grader" : ""}; intervals: paired bootstrap over problems; p: exact sign test on the problems`,
    "where one is better (McNemar's with one sample a problem), not corrected for the number of rows.",
    ...notes.map((note) => `note: ${note}`),
    "",
  ].join("\n");
}

/** Both the interval and the test have to say so. */
function significance({ difference, pValue }: PairedDifference): string {
  const apart = difference.low > 0 || difference.high < 0;
  return apart && pValue < 0.05
    ? difference.value > 0
      ? "B is better"
      : "A is better"
    : "no clear difference";
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${inPercent(value)}`;
}

function pInWords(value: number): string {
  return value < 0.001 ? "<0.001" : value.toFixed(3);
}
