import { lookUp } from "../look-up.ts";
import { parseParameters } from "../parse-parameters.ts";
import { createArithmeticTask } from "./arithmetic/arithmetic-task.ts";
import { arithmeticParameters } from "./arithmetic/parameters.ts";
import { createMathTask } from "./math/math-task.ts";
import { mathParameters } from "./math/parameters.ts";
import type { Task } from "./task.ts";

export interface TaskOptions {
  seed: number;
  /** Told in one line what was left out or looks wrong but does not stop the task. */
  warn?: (message: string) => void;
}

/** The parameters of each task, for recipes: defaults inside, unknown keys refused. */
export const taskParameters = {
  arithmetic: arithmeticParameters,
  math: mathParameters,
} as const;

export type TaskName = keyof typeof taskParameters;

type Factory = (parameters: unknown, options: Required<TaskOptions>) => Task;

const factories: Readonly<Record<TaskName, Factory>> = {
  arithmetic: (parameters, { seed }) =>
    createArithmeticTask(parseParameters(arithmeticParameters, parameters, "task arithmetic"), seed),
  math: (parameters, { warn }) =>
    createMathTask(parseParameters(mathParameters, parameters, "task math"), warn),
};

/** Throws ConfigError for an unknown task or parameter, DataError for data that cannot be used. */
export function createTask(name: string, parameters: unknown, options: TaskOptions): Task {
  const { seed, warn = (message) => process.emitWarning(message) } = options;
  return lookUp("task", name, factories)(parameters, { seed, warn });
}
