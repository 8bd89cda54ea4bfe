import { sameAnswer, type Verdict } from "../tasks/benchmark/grade-completion.ts";
import type { FinishedProblem, JudgedCompletion } from "./finished-problem.ts";
import { bootstrapMean, type Estimate } from "./metrics/bootstrap.ts";
import { type CountedProblem, countProblem, problemMetrics } from "./metrics/counted-problem.ts";
import { passAtK } from "./metrics/pass-at-k.ts";

/** `gpgrad`: by what is right. `upstream`: as lighteval has it. */
export type Grader = "gpgrad" | "upstream";

export const graders: readonly Grader[] = ["gpgrad", "upstream"];

/** How a benchmark was run. */
export interface BenchmarkRun {
  benchmark: string;
  title: string;
  /** Where its rows come from. */
  data: string;
  samples: number;
  temperature: number;
  topP: number;
  maxTokens: number;
  /** Problems that were left out because their prompts are too long. */
  skipped: readonly string[];
}

/** By metric; null where no problem can be scored. */
export type Metrics = Readonly<Record<string, Estimate | null>>;

export interface BenchmarkResult extends BenchmarkRun {
  problems: number;
  metrics: Readonly<Record<Grader, Metrics>>;
  /** Of completions: cut at the token limit, without an answer, of unscorable problems, and judged otherwise by upstream. */
  truncatedShare: number;
  unansweredShare: number;
  unscorableShare: number;
  disagreementShare: number;
  meanTokens: number;
}

/** Of one problem, what tables and comparisons are made from. */
export interface ProblemScore {
  id: string;
  key: string;
  /** The share of right completions by each grader; null where it is unscorable. */
  passAt1: Readonly<Record<Grader, number | null>>;
}

export interface SummarizedBenchmark {
  result: BenchmarkResult;
  scores: readonly ProblemScore[];
}

/** The metrics of a benchmark's problems, in their order. */
export function summarizeBenchmark(
  run: BenchmarkRun,
  problems: readonly FinishedProblem[],
  seed: number,
): SummarizedBenchmark {
  const completions = problems.flatMap((problem) => problem.completions);
  const share = (test: (completion: JudgedCompletion) => boolean) =>
    completions.filter(test).length / Math.max(completions.length, 1);
  const counted = problems.map(({ completions }) => countBoth(completions));
  const metricsOf = (grader: Grader): Metrics => {
    const own = counted.flatMap(({ [grader]: problem }) => problem ?? []);
    return Object.fromEntries(
      Object.entries(problemMetrics(run.samples)).map(([name, metric]) => [
        name,
        bootstrapMean([own.map(metric)], { seed }),
      ]),
    );
  };
  return {
    result: {
      ...run,
      problems: problems.length,
      metrics: { gpgrad: metricsOf("gpgrad"), upstream: metricsOf("upstream") },
      truncatedShare: share(({ finishReason }) => finishReason === "length"),
      unansweredShare: share(({ extracted }) => extracted === null),
      unscorableShare: share(({ verdict }) => verdict === "unscorable"),
      disagreementShare: share(({ verdict, upstreamVerdict }) => verdict !== upstreamVerdict),
      meanTokens: completions.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(completions.length, 1),
    },
    scores: problems.map(scoreProblem),
  };
}

/** The share of right completions by each grader. */
export function scoreProblem({ id, key, completions }: FinishedProblem): ProblemScore {
  const shareOf = (verdicts: readonly Verdict[]): number | null =>
    verdicts.includes("unscorable")
      ? null
      : passAtK(verdicts.length, verdicts.filter((verdict) => verdict === "right").length, 1);
  return {
    id,
    key,
    passAt1: {
      gpgrad: shareOf(completions.map(({ verdict }) => verdict)),
      upstream: shareOf(completions.map(({ upstreamVerdict }) => upstreamVerdict)),
    },
  };
}

/** The mean over benchmarks of pass@1 by a grader; null where one of them has none. */
export function meanPassAt1(
  benchmarks: readonly SummarizedBenchmark[],
  grader: Grader,
  seed: number,
): Estimate | null {
  const strata = benchmarks.map(({ scores }) => scores.flatMap(({ passAt1 }) => passAt1[grader] ?? []));
  return bootstrapMean(strata, { seed });
}

function countBoth(completions: readonly JudgedCompletion[]): Record<Grader, CountedProblem | null> {
  const known = new Map<string, boolean>();
  const same = (a: string, b: string): boolean => {
    const key = JSON.stringify([a, b]);
    const found = known.get(key) ?? sameAnswer(a, b);
    known.set(key, found);
    return found;
  };
  const count = (verdictOf: (completion: JudgedCompletion) => Verdict) =>
    countProblem(
      completions.map((completion) => ({ extracted: completion.extracted, verdict: verdictOf(completion) })),
      same,
    );
  return {
    gpgrad: count(({ verdict }) => verdict),
    upstream: count(({ upstreamVerdict }) => upstreamVerdict),
  };
}
