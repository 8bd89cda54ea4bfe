import type { Grader } from "../../eval/benchmark-result.ts";
import { compareEvaluations } from "../../eval/compare-evaluations.ts";
import { readStoredEvaluation } from "../../eval/stored-evaluation.ts";
import type { CommonOptions } from "../common-options.ts";
import { type Terminal, writeJson } from "../terminal.ts";
import { comparisonReport } from "./comparison-report.ts";

interface CompareOptions extends CommonOptions {
  grader?: Grader;
  seed?: number;
}

/** Tells how two finished evaluations differ. Throws ConfigError where they cannot be compared. */
export function compareFolders(
  firstFolder: string,
  secondFolder: string,
  { grader = "gpgrad", seed = 0, json }: CompareOptions,
  { output }: Terminal,
): void {
  const first = readStoredEvaluation(firstFolder);
  const second = readStoredEvaluation(secondFolder);
  const comparison = compareEvaluations(first, second, { grader, seed });
  if (json) {
    const name = ({ folder, model }: typeof first) => ({ folder, model });
    writeJson(output, { type: "comparison", a: name(first), b: name(second), ...comparison });
  } else {
    output.write(comparisonReport(first, second, comparison));
  }
}
