import { basename, dirname, extname, resolve } from "node:path";
import { readJsonLines } from "../../datasets/jsonl.ts";
import { DataError, internalError } from "../../errors.ts";
import type { Problem } from "../../pipeline.ts";
import { shuffledIndices } from "../../random.ts";
import type { ProblemSet, Task } from "../task.ts";
import { createTaskRewards } from "../task-rewards.ts";
import { toMathProblem } from "./math-problem.ts";
import type { MathParameters } from "./parameters.ts";

interface Entry {
  question: string;
  problem: Problem;
}

type Warn = (message: string) => void;

/**
 * Problems with a final answer, from JSON Lines files. Throws DataError naming file, row and column for a file without
 * usable rows and, unless `unusableRows` is `skip`, for the first unusable row.
 */
export function createMathTask(parameters: MathParameters, warn: Warn): Task {
  const { train, heldOut } =
    parameters.heldOutPath === undefined
      ? splitEntries(readEntries(parameters.path, "math", parameters, warn), parameters)
      : twoFiles(parameters.path, parameters.heldOutPath, parameters, warn);
  return {
    name: "math",
    train: problemSet(train),
    heldOut: problemSet(heldOut),
    rewards: createTaskRewards(parameters.rewards),
    stop: parameters.stop,
  };
}

function readEntries(file: string, prefix: string, parameters: MathParameters, warn: Warn): Entry[] {
  const path = resolve(file);
  const name = `${prefix}/${basename(dirname(path))}/${basename(path, extname(path))}`;
  const entries: Entry[] = [];
  const skipped: string[] = [];
  for (const row of readJsonLines(file)) {
    const result = toMathProblem(row, `${name}/${row.number}`, parameters);
    if (result.kind === "problem") {
      entries.push(result);
    } else if (parameters.unusableRows === "fatal") {
      throw new DataError(
        `${file} row ${row.number}: ${result.reason}; correct the row or set "unusableRows" to "skip"`,
      );
    } else {
      skipped.push(`row ${row.number}: ${result.reason}`);
    }
  }
  if (entries.length === 0) {
    throw new DataError(`${file} has no usable row; the first: ${skipped[0]}`);
  }
  if (skipped.length > 0) {
    const more = skipped.length > 3 ? `; and ${skipped.length - 3} more` : "";
    warn(`${file}: left out ${skipped.length} unusable rows: ${skipped.slice(0, 3).join("; ")}${more}`);
  }
  return entries;
}

/** Rows with the same question stay together, so that no held-out question is trained on. */
function splitEntries(entries: readonly Entry[], { path, heldOutShare, splitSeed }: MathParameters) {
  const count = Math.round(entries.length * heldOutShare);
  const chosen = shuffledIndices(entries.length, splitSeed).subarray(0, count);
  const questions = new Set(Array.from(chosen, (index) => entries[index]!.question));
  const train = entries.filter(({ question }) => !questions.has(question));
  if (train.length === 0) {
    throw new DataError(`${path}: "heldOutShare" ${heldOutShare} leaves no row to train on; lower it`);
  }
  return { train, heldOut: entries.filter(({ question }) => questions.has(question)) };
}

function twoFiles(trainPath: string, heldOutPath: string, parameters: MathParameters, warn: Warn) {
  const train = readEntries(trainPath, "math/train", parameters, warn);
  const heldOut = readEntries(heldOutPath, "math/held-out", parameters, warn);
  const questions = new Set(heldOut.map(({ question }) => question));
  const shared = train.filter(({ question }) => questions.has(question)).length;
  if (shared > 0) {
    warn(`${trainPath}: ${shared} of its questions also stand in the held-out file ${heldOutPath}`);
  }
  return { train, heldOut };
}

function problemSet(entries: readonly Entry[]): ProblemSet {
  return {
    size: entries.length,
    at(index) {
      const entry = entries[index];
      if (entry === undefined) {
        throw internalError(`problem ${index} of ${entries.length}`);
      }
      return entry.problem;
    },
  };
}
