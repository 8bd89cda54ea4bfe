import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a file, told by the file's name, so that no claim is ever half-written. */
export interface ProcessClaim {
  host: string;
  process: number;
  /** Tells processes with the same number apart; 0 where the system does not say. */
  startTime: number;
}

export function ownClaim(): ProcessClaim {
  return {
    host: thisHost(),
    process: process.pid,
    startTime: processStatus(process.pid)?.startTime ?? 0,
  };
}

/** `host-4711-123456`, fit for a file's name. */
export function formatClaim({ host, process: number, startTime }: ProcessClaim): string {
  return `${host}-${number}-${startTime}`;
}

export function parseClaim(text: string): ProcessClaim | null {
  const match = /^(.*)-(\d+)-(\d+)$/.exec(text);
  return match && { host: match[1]!, process: Number(match[2]), startTime: Number(match[3]) };
}

export function thisHost(): string {
  return hostname().replaceAll(/[^\w.-]/g, "_");
}

/** Of a process on another machine nothing can be known, so it counts as alive. */
export function isAlive({ host, process: number, startTime }: ProcessClaim): boolean {
  if (host !== thisHost()) {
    return true;
  }
  try {
    process.kill(number, 0);
  } catch (error) {
    // Someone else's process may not be signalled, but it is there.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") {
      return false;
    }
  }
  const status = processStatus(number);
  if (status === null) {
    return true;
  }
  // A killed process that its parent has not asked about yet still has its number.
  const gone = ["Z", "X", "x"].includes(status.state);
  return !gone && (startTime === 0 || startTime === status.startTime);
}

/** From /proc: the start in clock ticks since the machine started. Null where the system does not tell. */
function processStatus(processNumber: number): { state: string; startTime: number } | null {
  try {
    const line = readFileSync(`/proc/${processNumber}/stat`, "utf8");
    // The second field, the program's name in parentheses, may hold blanks: count from behind it.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0]!, startTime: Number(fields[19]) };
  } catch {
    return null;
  }
}
