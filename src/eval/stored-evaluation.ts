import { existsSync } from "node:fs";
import { readAppendLog } from "../append-log.ts";
import { CheckpointError, ConfigError } from "../errors.ts";
import { scoreProblem } from "./benchmark-result.ts";
import type { StoredEvaluation } from "./compare-evaluations.ts";
import { evaluationPaths, readJson } from "./evaluation-folder.ts";
import type { EvaluationResults } from "./evaluation-results.ts";
import { problemFormat } from "./finished-problem.ts";

/** Reads a finished evaluation. Throws ConfigError for a folder that holds none. */
export function readStoredEvaluation(folder: string): StoredEvaluation {
  const paths = evaluationPaths(folder);
  if (!existsSync(paths.settings)) {
    throw new ConfigError(`${folder} holds no evaluation; give the output folder of gpgrad eval --benchmark`);
  }
  if (!existsSync(paths.results)) {
    throw new ConfigError(
      `${folder} holds an evaluation that is not finished; run the same gpgrad eval again to finish it`,
    );
  }
  const { version, model, template, benchmarks } = readJson(
    paths.results,
  ) as unknown as Partial<EvaluationResults>;
  if (version !== 1 || !Array.isArray(benchmarks) || model === undefined || template === undefined) {
    throw new CheckpointError(`${paths.results} are no results that this version reads; evaluate again`);
  }
  return {
    folder,
    model,
    template,
    benchmarks: benchmarks.map((result) => ({
      result,
      scores: Array.from(readAppendLog(paths.journal(result.benchmark), problemFormat), scoreProblem),
    })),
  };
}
