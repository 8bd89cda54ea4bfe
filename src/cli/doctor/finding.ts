export type Severity = "ok" | "warning" | "failure";

export const checks = [
  "task",
  "model",
  "end-tokens",
  "chat-template",
  "prompts",
  "gold-answers",
  "demonstrations",
  "held-out",
  "disk",
  "memory",
  "logprobs",
] as const;

/** What a check looked at. */
export type CheckName = (typeof checks)[number];

/** What a check found; each text is one line. */
export interface Finding {
  check: CheckName;
  severity: Severity;
  /** With the values that matter. */
  message: string;
  /** How to mend it; null where all is well. */
  remedy: string | null;
}

export function ok(check: CheckName, message: string): Finding {
  return { check, severity: "ok", message, remedy: null };
}

export function warning(check: CheckName, message: string, remedy: string): Finding {
  return { check, severity: "warning", message, remedy };
}

export function failure(check: CheckName, message: string, remedy: string): Finding {
  return { check, severity: "failure", message, remedy };
}
