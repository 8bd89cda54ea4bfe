import { setTimeout as sleep } from "node:timers/promises";

/** What one request to an endpoint came to; a failure in passing may be asked again. */
export type Outcome<Answer> =
  | { kind: "answer"; answer: Answer }
  /** `wait`: seconds that the endpoint asks for. */
  | { kind: "failure"; reason: string; passing: boolean; wait?: number | undefined };

export interface Retries {
  /** Named in errors. */
  url: string;
  retries: number;
  /** Seconds before the first retry; each later one waits twice as long, give or take a quarter. */
  firstWait: number;
  signal: AbortSignal;
  /** When no time is left, on the clock of `performance.now()`; never if not given. */
  deadline?: number;
}

/** The endpoint asks for a longer wait than there is time. */
export class TooLongWaitError extends Error {}

const longestWait = 30;

/** 408, 409, 425, 429 and 5xx: what may go well the next time. */
export function isPassingStatus(status: number): boolean {
  return [408, 409, 425, 429].includes(status) || status >= 500;
}

/** Asks until there is an answer, and throws an error in one line once asking again is of no use. */
export async function askRepeatedly<Answer>(
  { url, retries, firstWait, signal, deadline = Number.POSITIVE_INFINITY }: Retries,
  askOnce: () => Promise<Outcome<Answer>>,
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const outcome = await askOnce();
    if (outcome.kind === "answer") {
      return outcome.answer;
    }
    if (!outcome.passing || attempt >= retries) {
      const tries = attempt > 0 ? ` (tried ${attempt + 1} times)` : "";
      throw new Error(`${url}: ${outcome.reason}${tries}`);
    }
    const backoff = Math.min(firstWait * 2 ** attempt, longestWait) * (0.75 + Math.random() / 2);
    const wait = Math.max(outcome.wait ?? 0, backoff);
    if (performance.now() + wait * 1000 > deadline) {
      throw new TooLongWaitError(`${url}: ${outcome.reason}; no time to wait ${wait.toFixed(1)} seconds`);
    }
    await sleep(wait * 1000, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
}
