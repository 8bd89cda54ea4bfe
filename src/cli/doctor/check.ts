import { isGpgradError } from "../../errors.ts";
import type { PreparedRun } from "../prepared-run.ts";
import { type CheckName, type Finding, failure } from "./finding.ts";
import type { ModelFacts } from "./model-facts.ts";

/** What the checks look at, and how far they look. */
export interface Examination {
  run: PreparedRun;
  facts: ModelFacts;
  /** Training problems whose prompts are measured, evenly spread. */
  measuredPrompts: number;
  /** Problems of each split whose gold answers are tried, evenly spread. */
  triedAnswers: number;
  runFolder: string;
}

/** Finds at least one thing: that all is well. */
export interface Check {
  name: CheckName;
  examine(examination: Examination): Finding[] | Promise<Finding[]>;
}

/** A mistake of the user's that a check runs into is what it found. */
export async function examine({ name, examine }: Check, examination: Examination): Promise<Finding[]> {
  try {
    return await examine(examination);
  } catch (error) {
    return [findingOf(name, error)];
  }
}

/** The failure that an error of ours stands for; its message ends with the way out. Throws any other error again. */
export function findingOf(check: CheckName, error: unknown): Finding {
  if (!isGpgradError(error)) {
    throw error;
  }
  const end = error.message.lastIndexOf("; ");
  return end < 0
    ? failure(check, error.message, "correct it and look again")
    : failure(check, error.message.slice(0, end), error.message.slice(end + 2));
}
