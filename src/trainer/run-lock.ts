import { closeSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CheckpointError, errorMessage } from "../errors.ts";

/** A run folder that is this process's alone until `release`. */
export interface RunLock {
  release(): void;
}

interface Claim {
  name: string;
  host: string;
  process: number;
  /** Tells processes with the same number apart; 0 where the system does not say. */
  startTime: number;
}

/** Milliseconds in which one of two processes that start at the same instant gives way. */
const settlingTime = 200;

/**
 * Claims a run folder, which exists. Every process leaves an empty file of its own name before it looks at the others', so
 * that two never both go on; files of dead processes are removed. Throws a `CheckpointError` that names the process
 * which holds the folder.
 */
export async function lockRunFolder(runDirectory: string): Promise<RunLock> {
  const name = claimName(process.pid, processStatus(process.pid)?.startTime ?? 0);
  const file = path.join(runDirectory, name);
  try {
    closeSync(openSync(file, "wx"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw inUse(runDirectory, parseClaim(name)!);
    }
    throw new CheckpointError(
      `cannot write ${file}: ${errorMessage(error)}; choose a folder you may write to`,
    );
  }
  const release = () => rmSync(file, { force: true });
  try {
    let rivals = livingRivals(runDirectory, name);
    if (rivals.every((rival) => name < rival.name)) {
      await (rivals.length > 0 && sleep(settlingTime));
      rivals = livingRivals(runDirectory, name);
    }
    if (rivals.length > 0) {
      throw inUse(runDirectory, rivals[0]!);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function livingRivals(runDirectory: string, own: string): Claim[] {
  const claims = readdirSync(runDirectory).flatMap((name) => parseClaim(name) ?? []);
  const rivals = claims.filter(({ name }) => name !== own);
  for (const dead of rivals.filter((claim) => !isAlive(claim))) {
    rmSync(path.join(runDirectory, dead.name), { force: true });
  }
  return rivals.filter(isAlive);
}

/** Everything about a claim stands in its file's name, so that none is ever half-written. */
function claimName(processNumber: number, startTime: number): string {
  return `lock-${thisHost()}-${processNumber}-${startTime}`;
}

function parseClaim(name: string): Claim | null {
  const match = /^lock-(.*)-(\d+)-(\d+)$/.exec(name);
  return match && { name, host: match[1]!, process: Number(match[2]), startTime: Number(match[3]) };
}

function thisHost(): string {
  return hostname().replaceAll(/[^\w.-]/g, "_");
}

/** Of a process on another machine nothing can be known, so it counts as alive. */
function isAlive({ host, process: number, startTime }: Claim): boolean {
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

function inUse(runDirectory: string, { name, host, process: number }: Claim): CheckpointError {
  const wayOut =
    host === thisHost()
      ? "wait for it, or train into another folder"
      : `if it is no longer running there, remove ${path.join(runDirectory, name)}`;
  return new CheckpointError(`${runDirectory} is in use by process ${number} on ${host}; ${wayOut}`);
}
