import { shown } from "../error-text.ts";
import { errorMessage } from "../errors.ts";
import type { Score } from "../pipeline.ts";

/** What a reward answered, as a score: anything but a score with a finite value is one of kind `error`. */
export function checkedScore(name: string, given: unknown): Score {
  if (!isScore(given)) {
    return { kind: "error", reason: `reward ${name} gave ${shownScore(given)}, not a score` };
  }
  // Nothing else of what a user's function may have put there crosses between threads.
  return given.kind === "value"
    ? { kind: "value", value: given.value }
    : { kind: given.kind, reason: given.reason };
}

/** What a group's reward answered, as one score a context. */
export function checkedScores(name: string, given: unknown, count: number): Score[] {
  if (Array.isArray(given) && given.length === count) {
    return given.map((each) => checkedScore(name, each));
  }
  const what = Array.isArray(given) ? `${given.length} scores` : shownScore(given);
  const reason = `reward ${name} gave ${what} for a group of ${count} completions, not one score for each`;
  return Array.from({ length: count }, () => ({ kind: "error", reason }));
}

/** The score of a completion on which a reward threw. */
export function failedScore(name: string, error: unknown): Score {
  return { kind: "error", reason: `reward ${name} failed: ${errorMessage(error)}` };
}

export function isScore(score: unknown): score is Score {
  if (typeof score !== "object" || score === null || !("kind" in score)) {
    return false;
  }
  return score.kind === "value"
    ? "value" in score && Number.isFinite(score.value)
    : ["unscorable", "timeout", "error"].includes(String(score.kind)) &&
        "reason" in score &&
        typeof score.reason === "string";
}

/** What a reward answered as errors show it: JSON writes NaN and infinities as null, and knows neither functions nor circles. */
export function shownScore(score: unknown): string {
  try {
    const value = typeof score === "object" ? (score as { value?: unknown } | null)?.value : score;
    if (typeof value === "number") {
      return typeof score === "object" ? `the value ${value}` : `the number ${value}`;
    }
    return score === undefined ? "nothing" : shown(score);
  } catch {
    return `a ${typeof score}`;
  }
}
