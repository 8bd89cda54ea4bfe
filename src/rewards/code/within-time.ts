import { errorMessage } from "../../errors.ts";
import type { Score } from "../../pipeline.ts";

/** The score that `judge` comes to; a timeout once `timeLimit` seconds are over, and an error where it throws before. */
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
