import { plural } from "../format.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Finding } from "./finding.ts";

const severityWidth = 9;
const checkWidth = 16;

/** A diagnosis as text for a terminal. */
export function diagnosisReport({ findings, warnings, failures }: Diagnosis): string {
  const sum =
    warnings + failures === 0
      ? "nothing stands in the way\n"
      : `${plural(failures, "failure")}, ${plural(warnings, "warning")}\n`;
  return findings.map(findingLines).join("") + sum;
}

function findingLines({ severity, check, message, remedy }: Finding): string {
  const line = `${severity.padEnd(severityWidth)}${check.padEnd(checkWidth)}${message}\n`;
  return remedy === null ? line : `${line}${" ".repeat(severityWidth + checkWidth)}-> ${remedy}\n`;
}
