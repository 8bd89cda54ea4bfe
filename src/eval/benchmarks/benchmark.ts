import type { AnswerRules } from "../../tasks/benchmark/benchmark-problem.ts";

/** A set of problems that models are compared on, and how it is usually run. */
export interface Benchmark {
  /** As tables head its column. */
  title: string;
  /** Of the official set; copies with more or fewer are named as such. */
  problems: number;
  hub: { path: string; config?: string; split: string };
  /** Names by which copies go in a folder of data, without their ending; the first that is there is taken. */
  fileNames: readonly string[];
  rules: AnswerRules;
  /** What is wrong with copies without worked solutions, where the answers are theirs. */
  withoutSolutions?: string;
  defaults: BenchmarkSettings;
}

/** Each can be replaced on the command line. */
export interface BenchmarkSettings {
  /** Completions a problem. */
  samples: number;
  temperature: number;
  topP: number;
  maxTokens: number;
}
