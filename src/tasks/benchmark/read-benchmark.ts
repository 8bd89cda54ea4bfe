import { locateDataFiles } from "../../datasets/data-files.ts";
import type { DataSource } from "../../datasets/data-source.ts";
import { openRowTable } from "../../datasets/row-table.ts";
import { DataError } from "../../errors.ts";
import { type AnswerRules, type BenchmarkProblem, toBenchmarkProblem } from "./benchmark-problem.ts";

export interface BenchmarkRows {
  /** For errors, and the first part of ids where rows have none of their own. */
  name: string;
  source: DataSource;
  rules: AnswerRules;
}

/** All problems of a benchmark, in the order of its files. Throws DataError naming file, row and column. */
export function readBenchmark(
  { name, source, rules }: BenchmarkRows,
  warn: (message: string) => void,
): BenchmarkProblem[] {
  const table = openRowTable(locateDataFiles(source), source, warn);
  const rowOf = new Map<string, string>();
  return Array.from({ length: table.size }, (_, index) => {
    const row = table.at(index);
    const place = `${row.file} row ${row.number}`;
    const read = toBenchmarkProblem(row, `${name}/${index}`, rules);
    if (read.kind === "unusable") {
      throw new DataError(`${place}: ${read.reason}; correct the row or give other data for ${name}`);
    }
    const { id } = read.problem;
    const earlier = rowOf.get(id);
    if (earlier !== undefined) {
      throw new DataError(`${place}: id ${id} is that of ${earlier} too; ids have to be unique`);
    }
    rowOf.set(id, place);
    return read.problem;
  });
}
