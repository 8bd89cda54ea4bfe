import { PreflightError } from "../../errors.ts";
import type { PreparedRun } from "../prepared-run.ts";
import { chatTemplateCheck } from "./chat-template.ts";
import { type Check, examine } from "./check.ts";
import { demonstrationsCheck } from "./demonstrations.ts";
import { diskCheck } from "./disk.ts";
import { endTokensCheck } from "./end-tokens.ts";
import type { Finding } from "./finding.ts";
import { goldAnswersCheck } from "./gold-answers.ts";
import { heldOutCheck } from "./held-out.ts";
import { memoryCheck } from "./memory.ts";
import { readModelFacts } from "./model-facts.ts";
import { promptsCheck } from "./prompts.ts";

/** What a session is opened for, which decides what is checked. */
export type RunPurpose = { kind: "train"; runFolder: string } | { kind: "evaluate" };

/** Those that need no weights, in the order of a run's life. */
export const cheapChecks: readonly Check[] = [
  endTokensCheck,
  chatTemplateCheck,
  promptsCheck,
  goldAnswersCheck,
  demonstrationsCheck,
  heldOutCheck,
  diskCheck,
  memoryCheck,
];

/** So few that a run starts without a wait. */
const quick = { measuredPrompts: 128, triedAnswers: 16 };

/** Makes the cheap checks before any work: tells warnings, and throws a PreflightError if the run would be wasted. */
export async function preflight(
  run: PreparedRun,
  purpose: RunPurpose,
  warn: (message: string) => void,
): Promise<void> {
  const training = purpose.kind === "train";
  const examination = {
    run,
    facts: readModelFacts(run.description),
    ...quick,
    runFolder: training ? purpose.runFolder : "",
  };
  const findings: Finding[] = [];
  for (const check of training ? cheapChecks : [goldAnswersCheck]) {
    findings.push(...(await examine(check, examination)));
  }
  const fatal = training ? findings.filter(({ severity }) => severity === "failure") : [];
  for (const finding of findings) {
    if (finding.severity !== "ok" && !fatal.includes(finding)) {
      warn(inOneLine(finding));
    }
  }
  const [first] = fatal;
  if (first !== undefined) {
    const more = fatal.length > 1 ? ` (and ${fatal.length - 1} more: see gpgrad doctor)` : "";
    throw new PreflightError(inOneLine(first) + more);
  }
}

function inOneLine({ message, remedy }: Finding): string {
  return remedy === null ? message : `${message}; ${remedy}`;
}
