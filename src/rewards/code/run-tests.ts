import type { Compat } from "../compat.ts";
import { outputsAgree } from "./compare-output.ts";
import type { ProgramTest } from "./program-tests.ts";
import type { OpenProgram } from "./sandbox.ts";

/** A program that hangs does so in most tests, each of which takes its whole time. */
const mostOverTime = 3;

/**
 * The share of the tests that a program passes: it ends with 0 and prints what is expected. Tests go one after another;
 * after the third over its time the rest is not run, nor passed. `untilFailure`: 1 or else 0, without further runs.
 * Upstream pays 0 if any test is over its time, prints what is no text, or if there are none.
 */
export async function shareOfTests(
  program: OpenProgram,
  tests: readonly ProgramTest[],
  { compat, untilFailure }: { compat: Compat; untilFailure: boolean },
): Promise<number> {
  let passed = 0;
  let overTime = 0;
  for (const { input, output } of tests) {
    const outcome = await program.run(input);
    const spoils = outcome.kind === "unreadable" || (outcome.kind === "over" && outcome.limit === "time");
    if (compat === "upstream" && spoils) {
      return 0;
    }
    const right =
      outcome.kind === "finished" && outcome.exitCode === 0 && outputsAgree(outcome.output, output, compat);
    passed += right ? 1 : 0;
    overTime += outcome.kind === "over" && outcome.limit === "time" ? 1 : 0;
    if ((untilFailure && compat !== "upstream" && !right) || overTime >= mostOverTime) {
      break;
    }
  }
  const share = tests.length === 0 ? 0 : passed / tests.length;
  return untilFailure ? Number(share > upstreamThreshold) : share;
}

/** Upstream's binary reward forgives one test in more than a hundred; here only with `compat`, for one failure ends it. */
const upstreamThreshold = 0.99;
