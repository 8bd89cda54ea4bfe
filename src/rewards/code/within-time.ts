import { errorMessage } from "../../errors.ts";
import type { Score } from "../../pipeline.ts";

/**
 * The score that `judge` comes to. What it throws is a timeout once the signal is aborted, which is after `timeLimit`
 * seconds and which it has to heed, and an error before.
 */
export async function scoreWithinTime(
  { name, timeLimit }: { name: string; timeLimit: number },
  judge: (signal: AbortSignal) => Promise<Score>,
): Promise<Score> {
  const signal = AbortSignal.timeout(timeLimit * 1000);
  try {
    return await judge(signal);
  } catch (error) {
    return signal.aborted
      ? { kind: "timeout", reason: `reward ${name}: its tests took more than ${timeLimit} seconds` }
      : { kind: "error", reason: `reward ${name}: ${errorMessage(error)}` };
  }
}
