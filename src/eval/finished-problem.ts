import type { LogFormat } from "../append-log.ts";
import type { FinishReason } from "../pipeline.ts";
import type { GradedCompletion } from "../tasks/benchmark/grade-completion.ts";

/** A completion of a benchmark's problem, judged. */
export interface JudgedCompletion extends GradedCompletion {
  text: string;
  tokens: number;
  finishReason: FinishReason;
}

/** A problem that has all its completions: one line of a benchmark's journal. */
export interface FinishedProblem {
  id: string;
  key: string;
  completions: readonly JudgedCompletion[];
}

export const problemFormat: LogFormat<FinishedProblem> = {
  noun: "a finished problem",
  parse: (value) => {
    const problem = value as Partial<FinishedProblem> | null | undefined;
    const whole = typeof problem?.id === "string" && Array.isArray(problem.completions);
    return whole ? (problem as FinishedProblem) : null;
  },
};
