import { ConfigError } from "../errors.ts";
import type { BenchmarkResult, Grader, ProblemScore } from "./benchmark-result.ts";
import { bootstrapMean, type Estimate, meanOfMeans } from "./metrics/bootstrap.ts";
import { signTest } from "./metrics/sign-test.ts";

/** A finished evaluation, as its folder has it. */
export interface StoredEvaluation {
  folder: string;
  model: string;
  template: string;
  benchmarks: readonly { result: BenchmarkResult; scores: readonly ProblemScore[] }[];
}

/** Of pass@1, the second less the first. */
export interface PairedDifference {
  /** null for all benchmarks together. */
  benchmark: string | null;
  title: string;
  problems: number;
  first: number;
  second: number;
  /** With the interval of the paired bootstrap. */
  difference: Estimate;
  /** Problems that the second, or the first, answered right more often. */
  wins: number;
  losses: number;
  /** Of the exact sign test on these; McNemar's exact test where each problem has one completion. */
  pValue: number;
}

export interface EvaluationComparison {
  grader: Grader;
  differences: readonly PairedDifference[];
  /** What is not the same of the two and bears on what is seen, a line each. */
  notes: readonly string[];
}

/**
 * Compares pass@1 problem by problem. Throws ConfigError where the two were not asked the same: other benchmarks, problems,
 * answers or templates.
 */
export function compareEvaluations(
  first: StoredEvaluation,
  second: StoredEvaluation,
  { grader = "gpgrad", seed = 0 }: { grader?: Grader; seed?: number } = {},
): EvaluationComparison {
  checkComparable(first, second);
  const strata: Stratum[] = [];
  const differences = first.benchmarks.flatMap(({ result, scores }): PairedDifference[] => {
    const others = byName(second, result.benchmark)!.scores;
    const pairs = pairScores(scores, others, grader);
    const own = {
      difference: pairs.map(([a, b]) => b - a),
      first: pairs.map(([a]) => a),
      second: pairs.map(([, b]) => b),
    };
    if (pairs.length === 0) {
      return [];
    }
    strata.push(own);
    return [paired(result.benchmark, result.title, [own], seed)];
  });
  const all = strata.length > 1 ? [paired(null, "all", strata, seed)] : [];
  return { grader, differences: [...differences, ...all], notes: notesOn(first, second) };
}

/** The problems of a benchmark, one number each. */
interface Stratum {
  first: number[];
  second: number[];
  difference: number[];
}

function paired(
  benchmark: string | null,
  title: string,
  strata: readonly Stratum[],
  seed: number,
): PairedDifference {
  const meanOf = (side: "first" | "second") => meanOfMeans(strata.map((stratum) => stratum[side]));
  const all = strata.flatMap(({ difference }) => difference);
  const wins = all.filter((difference) => difference > 0).length;
  const losses = all.filter((difference) => difference < 0).length;
  return {
    benchmark,
    title,
    problems: all.length,
    first: meanOf("first"),
    second: meanOf("second"),
    difference: bootstrapMean(
      strata.map(({ difference }) => difference),
      { seed },
    )!,
    wins,
    losses,
    pValue: signTest(wins, losses),
  };
}

/** Scores of the problems that the grader can score in both. */
function pairScores(
  first: readonly ProblemScore[],
  second: readonly ProblemScore[],
  grader: Grader,
): [number, number][] {
  const others = new Map(second.map((score) => [score.key, score.passAt1[grader]]));
  return first.flatMap(({ key, passAt1 }): [number, number][] => {
    const [a, b] = [passAt1[grader], others.get(key) ?? null];
    return a === null || b === null ? [] : [[a, b]];
  });
}

const byName = ({ benchmarks }: StoredEvaluation, name: string) =>
  benchmarks.find(({ result }) => result.benchmark === name);

function checkComparable(first: StoredEvaluation, second: StoredEvaluation): void {
  const refuse = (why: string) =>
    new ConfigError(`${first.folder} and ${second.folder} cannot be compared: ${why}`);
  if (first.template !== second.template) {
    throw refuse(
      `the first was asked with template ${first.template}, the second with ${second.template}; evaluate one of them again with the other's --template`,
    );
  }
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    for (const { result, scores } of one.benchmarks) {
      const name = result.benchmark;
      const counterpart = byName(other, name);
      if (counterpart === undefined) {
        throw refuse(`${other.folder} has no ${name}; evaluate both on the same benchmarks`);
      }
      const keys = new Set(counterpart.scores.map(({ key }) => key));
      const missing = scores.find(({ key }) => !keys.has(key));
      if (missing !== undefined) {
        const ids = new Set(counterpart.scores.map(({ id }) => id));
        const what = ids.has(missing.id)
          ? `problem ${missing.id} of ${name} has another question or answer in ${other.folder}`
          : `problem ${missing.id} of ${name} is not in ${other.folder}`;
        throw refuse(`${what}; evaluate both on the same data, with the same --limit and --long-prompts`);
      }
    }
  }
}

/** Differences that are allowed, and have to be known. */
function notesOn(first: StoredEvaluation, second: StoredEvaluation): string[] {
  const settings = ["samples", "temperature", "topP", "maxTokens"] as const;
  return first.benchmarks.flatMap(({ result }) => {
    const other = byName(second, result.benchmark)!.result;
    return settings.flatMap((name) =>
      result[name] === other[name]
        ? []
        : [`${result.benchmark}: ${name} is ${result[name]} in the first and ${other[name]} in the second`],
    );
  });
}
