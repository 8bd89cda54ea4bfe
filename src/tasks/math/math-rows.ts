import { createHash } from "node:crypto";
import { basename, dirname, extname, resolve } from "node:path";
import { locateDataFiles } from "../../datasets/data-files.ts";
import type { DataSource } from "../../datasets/data-source.ts";
import type { Row } from "../../datasets/row.ts";
import { openRowTable } from "../../datasets/row-table.ts";
import { DataError, internalError } from "../../errors.ts";
import type { ProblemSet } from "../task.ts";
import { type MathProblem, toMathProblem } from "./math-problem.ts";
import type { MathParameters } from "./parameters.ts";

/** The usable rows of a source. In memory are their places and the hashes of their questions, not the rows. */
export interface MathRows {
  readonly size: number;
  /** Equal for equal questions: 48 bits of a hash. */
  question(index: number): number;
  /** The problems of some rows, by their indices; their digest is that of all rows. */
  problems(indices: readonly number[]): ProblemSet;
}

/**
 * Reads all rows once. Throws DataError naming file, row and column for a source without usable rows and, unless
 * `unusableRows` is `skip`, for the first unusable row.
 */
export function readMathRows(
  source: DataSource,
  prefix: string,
  parameters: MathParameters,
  warn: (message: string) => void,
): MathRows {
  const files = locateDataFiles(source);
  const table = openRowTable(files, source, warn);
  const nameOf = nameFiles(
    files.map(({ path }) => path),
    prefix,
  );
  const toProblem = (row: Row): MathProblem =>
    toMathProblem(row, `${nameOf.get(row.file)}/${row.number}`, parameters);
  const usable: number[] = [];
  const questions: number[] = [];
  const content = createHash("sha256");
  const skipped: { file: string; reason: string }[] = [];
  let skippedCount = 0;
  for (let index = 0; index < table.size; index++) {
    const row = table.at(index);
    const result = toProblem(row);
    if (result.kind === "problem") {
      usable.push(index);
      questions.push(hashOf(result.question));
      content.update(JSON.stringify([result.question, result.problem.answer]));
      continue;
    }
    if (parameters.unusableRows === "fatal") {
      throw new DataError(
        `${row.file} row ${row.number}: ${result.reason}; correct the row or set "unusableRows" to "skip"`,
      );
    }
    skippedCount += 1;
    if (skipped.length < 3) {
      skipped.push({ file: row.file, reason: `row ${row.number}: ${result.reason}` });
    }
  }
  const [first] = skipped;
  if (usable.length === 0) {
    throw new DataError(`${first.file} has no usable row; the first: ${first.reason}`);
  }
  if (skippedCount > 0) {
    const more = skippedCount > skipped.length ? `; and ${skippedCount - skipped.length} more` : "";
    const reasons = skipped.map(({ file, reason }) => (file === first.file ? reason : `${file} ${reason}`));
    warn(`${first.file}: left out ${skippedCount} unusable rows: ${reasons.join("; ")}${more}`);
  }
  const digest = content.digest("hex").slice(0, 16);
  return {
    size: usable.length,
    question: (index) => questions[index],
    problems: (indices) => ({
      size: indices.length,
      digest,
      at(index) {
        if (!(index >= 0 && index < indices.length)) {
          throw internalError(`problem ${index} of ${indices.length}`);
        }
        const result = toProblem(table.at(usable[indices[index]]));
        if (result.kind === "unusable") {
          throw new DataError(`problem ${index}: its file has changed since the run began: ${result.reason}`);
        }
        return result.problem;
      },
    }),
  };
}

/** A name for each file by its folder and its own name, numbered where several share it. */
function nameFiles(files: readonly string[], prefix: string): Map<string, string> {
  const taken = new Map<string, number>();
  return new Map(
    files.map((file) => {
      const path = resolve(file);
      const name = `${prefix}/${basename(dirname(path))}/${basename(path, extname(path))}`;
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      return [file, count === 1 ? name : `${name}-${count}`];
    }),
  );
}

function hashOf(question: string): number {
  return createHash("sha256").update(question).digest().readUIntBE(0, 6);
}
