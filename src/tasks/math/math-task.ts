import { type DataDetails, type DataSource, joinSource } from "../../datasets/data-source.ts";
import { ConfigError, DataError } from "../../errors.ts";
import { shuffledIndices } from "../../random.ts";
import type { Task } from "../task.ts";
import { createTaskRewards } from "../task-rewards.ts";
import { type MathRows, readMathRows } from "./math-rows.ts";
import type { MathParameters } from "./parameters.ts";

type Warn = (message: string) => void;

/**
 * Problems with a final answer, from rows of any format. Throws ConfigError for a source that is given twice or not at
 * all, DataError naming file, row and column for rows that cannot be used.
 */
export function createMathTask(parameters: MathParameters, warn: Warn): Task {
  const { train, heldOut } = readProblems(parameters, warn);
  return {
    name: "math",
    train,
    heldOut,
    rewards: createTaskRewards(parameters.rewards),
    stop: parameters.stop,
  };
}

function readProblems(parameters: MathParameters, warn: Warn): Pick<Task, "train" | "heldOut"> {
  const { path, data, heldOutPath, heldOutData } = parameters;
  const trainSource = chooseSource("path", path, "data", data);
  if (trainSource === null) {
    throw new ConfigError(
      'task math: there is no "path": give the problems, a file or a folder or ORG/NAME on the hub, as task.path or in task.data',
    );
  }
  const heldOutSource = chooseSource("heldOutPath", heldOutPath, "heldOutData", heldOutData);
  if (heldOutSource === null) {
    return splitRows(readMathRows(trainSource, "math", parameters, warn), trainSource, parameters);
  }
  const train = readMathRows(trainSource, "math/train", parameters, warn);
  const heldOut = readMathRows(heldOutSource, "math/held-out", parameters, warn);
  const questions = new Set(indicesOf(heldOut).map(heldOut.question));
  const shared = indicesOf(train).filter((index) => questions.has(train.question(index))).length;
  if (shared > 0) {
    warn(
      `${nameOf(trainSource)}: ${shared} of its questions also stand in the held-out file ${nameOf(heldOutSource)}`,
    );
  }
  return { train: train.problems(indicesOf(train)), heldOut: heldOut.problems(indicesOf(heldOut)) };
}

function chooseSource(
  short: string,
  path: string | undefined,
  section: string,
  data: DataDetails | undefined,
): DataSource | null {
  const source = joinSource(path, data);
  if (path !== undefined && data?.path !== undefined) {
    throw new ConfigError(
      `task math: "${short}" and "${section}.path" both name data; leave one of them out`,
    );
  }
  if (source === null && data !== undefined) {
    throw new ConfigError(`task math: "${section}" has no path; give it there or as "${short}"`);
  }
  return source;
}

/** Rows with the same question stay together, so that no held-out question is trained on. */
function splitRows(
  rows: MathRows,
  source: DataSource,
  { heldOutShare, splitSeed }: MathParameters,
): Pick<Task, "train" | "heldOut"> {
  const count = Math.round(rows.size * heldOutShare);
  const chosen = shuffledIndices(rows.size, splitSeed).subarray(0, count);
  const questions = new Set(Array.from(chosen, rows.question));
  const isHeldOut = (index: number) => questions.has(rows.question(index));
  const train = indicesOf(rows).filter((index) => !isHeldOut(index));
  if (train.length === 0) {
    throw new DataError(
      `${nameOf(source)}: "heldOutShare" ${heldOutShare} leaves no row to train on; lower it`,
    );
  }
  return { train: rows.problems(train), heldOut: rows.problems(indicesOf(rows).filter(isHeldOut)) };
}

const indicesOf = ({ size }: MathRows): number[] => Array.from({ length: size }, (_, index) => index);

const nameOf = ({ path }: DataSource): string => [path].flat().join(", ");
