import { z } from "zod";
import { shown } from "../../../error-text.ts";
import type { Problem } from "../../../pipeline.ts";

/** A subtask as open-r1's data has it, with the tests that count for it. */
export interface IoiProblem {
  id: string;
  /** Seconds of the program in one test. */
  timeLimit: number;
  /** Bytes. */
  memoryLimit: number;
  /** Decimal places of the score. */
  scorePrecision: number;
  graderFiles: readonly { name: string; content: string }[];
  tests: readonly { name: string; input: string; output: string }[];
}

const pairOfTexts = z.tuple([z.string(), z.string()]);
const columnsShape = z.object({
  id: z.string().regex(/^[\w-]+$/),
  time_limit: z.number().positive(),
  memory_limit: z.number().positive(),
  score_precision: z.int().min(0).max(20).default(2),
  grader_files: z.array(z.union([z.tuple([z.string(), z.string().nullable()]), z.null()])).default([]),
  test_names: z.array(z.string()),
  test_cases: z.union([z.array(pairOfTexts), z.record(z.string(), pairOfTexts)], {
    error:
      'expected the tests\' texts: {"NAME": [INPUT, OUTPUT], ...}, or [INPUT, OUTPUT] for each of test_names',
  }),
});

/** The subtask in a problem's columns. Throws an error that names what is missing or wrong. */
export function ioiProblem({ columns }: Problem): IoiProblem {
  const result = columnsShape.safeParse(columns);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const column = String(issue.path[0]);
    throw new Error(
      `no IOI subtask: ${shown(columns[column])} in column ${issue.path.join(".")}; ${issue.message}`,
    );
  }
  const { data } = result;
  const tests = data.test_names.map((name, index) => {
    const test = Array.isArray(data.test_cases) ? data.test_cases[index] : data.test_cases[name];
    if (test === undefined) {
      throw new Error(`no IOI subtask: column test_cases lacks ${shown(name)} of column test_names`);
    }
    return { name, input: test[0], output: test[1] };
  });
  return {
    id: data.id,
    timeLimit: data.time_limit,
    memoryLimit: data.memory_limit,
    scorePrecision: data.score_precision,
    graderFiles: data.grader_files.flatMap((file) =>
      file === null || !file[1] ? [] : [{ name: file[0], content: file[1] }],
    ),
    tests,
  };
}
