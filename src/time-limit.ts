import { createContext, Script } from "node:vm";

const context = createContext({ work: null }) as { work: (() => unknown) | null };
const script = new Script("work()");

/** What was to be done within a time limit was not. */
export class TimeLimitError extends Error {}

/**
 * Runs synchronous work and stops it, even inside a regular expression that backtracks, once it takes longer than
 * `milliseconds`; it then throws TimeLimitError. What the work was changing may be left half done. Costs about 0.2 ms.
 */
export function runWithin<Result>(milliseconds: number, work: () => Result): Result {
  // Work may run other work with a limit of its own.
  const outer = context.work;
  context.work = work;
  try {
    return script.runInContext(context as never, { timeout: milliseconds }) as Result;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      throw new TimeLimitError(`took longer than ${milliseconds / 1000} seconds`);
    }
    throw error;
  } finally {
    context.work = outer;
  }
}
