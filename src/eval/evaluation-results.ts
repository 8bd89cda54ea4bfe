import {
  type BenchmarkResult,
  type Grader,
  graders,
  meanPassAt1,
  type SummarizedBenchmark,
} from "./benchmark-result.ts";
import { paperBenchmarks } from "./benchmarks/registry.ts";
import type { Estimate } from "./metrics/bootstrap.ts";

/** What an evaluation found: `results.json`. */
export interface EvaluationResults {
  version: 1;
  /** A folder, or a model of the hub with its commit. */
  model: string;
  /** As tables have it. */
  name: string;
  template: string;
  seed: number;
  benchmarks: readonly BenchmarkResult[];
  average: {
    /** The benchmarks it is over: those of the paper's tables, or all where none of them is there. */
    over: readonly string[];
    passAt1: Readonly<Record<Grader, Estimate | null>>;
  };
}

export type EvaluatedModel = Pick<EvaluationResults, "model" | "name" | "template" | "seed">;

export function evaluationResults(
  { model, name, template, seed }: EvaluatedModel,
  benchmarks: readonly SummarizedBenchmark[],
): EvaluationResults {
  const isOfPaper = ({ result }: SummarizedBenchmark) => paperBenchmarks.includes(result.benchmark);
  const averaged = benchmarks.some(isOfPaper) ? benchmarks.filter(isOfPaper) : benchmarks;
  const passAt1 = Object.fromEntries(
    graders.map((grader) => [grader, meanPassAt1(averaged, grader, seed)]),
  ) as Record<Grader, Estimate | null>;
  return {
    version: 1,
    model,
    name,
    template,
    seed,
    benchmarks: benchmarks.map(({ result }) => result),
    average: { over: averaged.map(({ result }) => result.benchmark), passAt1 },
  };
}
