import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { writeFileAtomically } from "../atomic-file.ts";
import type { Message } from "../pipeline.ts";
import type { BenchmarkProblem } from "../tasks/benchmark/benchmark-problem.ts";
import type { FinishedProblem, JudgedCompletion } from "./finished-problem.ts";

/** A problem with what it was asked as. */
export interface AskedProblem {
  problem: BenchmarkProblem;
  prompt: string | readonly Message[];
  finished: FinishedProblem;
}

/**
 * Writes a row for each completion, problem after problem. `prompt` is a text, or messages as JSON; `gold` a text, or a JSON
 * list where any of several answers is right; `extracted_answer` is null where there is none.
 */
export function writeCompletions(file: string, benchmark: string, problems: readonly AskedProblem[]): void {
  const rows = problems.flatMap(({ problem, prompt, finished }) =>
    finished.completions.map((completion, sample) => ({ problem, prompt, completion, sample })),
  );
  type Row = (typeof rows)[number];
  const column = (
    name: string,
    type: "STRING" | "INT32",
    read: (row: Row) => string | number | null,
  ): ColumnSource => ({ name, type, nullable: name === "extracted_answer", data: rows.map(read) });
  const ofCompletion = (name: string, read: (completion: JudgedCompletion) => string | null): ColumnSource =>
    column(name, "STRING", ({ completion }) => read(completion));
  const columnData = [
    column("benchmark", "STRING", () => benchmark),
    column("problem_id", "STRING", ({ problem }) => problem.id),
    column("sample", "INT32", ({ sample }) => sample),
    column("prompt", "STRING", ({ prompt }) =>
      typeof prompt === "string" ? prompt : JSON.stringify(prompt),
    ),
    ofCompletion("completion", ({ text }) => text),
    ofCompletion("extracted_answer", ({ extracted }) => extracted),
    column("gold", "STRING", ({ problem: { answers } }) =>
      answers.length === 1 ? answers[0]! : JSON.stringify(answers),
    ),
    ofCompletion("verdict", ({ verdict }) => verdict),
    ofCompletion("upstream_verdict", ({ upstreamVerdict }) => upstreamVerdict),
    column("tokens", "INT32", ({ completion }) => completion.tokens),
    ofCompletion("finish_reason", ({ finishReason }) => finishReason),
  ];
  writeFileAtomically(file, new Uint8Array(parquetWriteBuffer({ columnData })));
}
