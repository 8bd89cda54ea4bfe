import { closeSync, openSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CheckpointError, errorMessage } from "../errors.ts";
import { formatClaim, isAlive, ownClaim, type ProcessClaim, parseClaim, thisHost } from "../process-claim.ts";

/** A run folder that is this process's alone until `release`. */
export interface RunLock {
  release(): void;
}

interface Claim extends ProcessClaim {
  /** Of the file that says so. */
  name: string;
}

const prefix = "lock-";

/** True of the files by which processes claim a run folder. */
export function isLockName(name: string): boolean {
  return name.startsWith(prefix);
}

/** Milliseconds in which one of two processes that start at the same instant gives way. */
const settlingTime = 200;

/**
 * Claims a run folder, which exists. Every process leaves an empty file of its own name before it looks at the others', so
 * that two never both go on; files of dead processes are removed. Throws a `CheckpointError` that names the process
 * which holds the folder.
 */
export async function lockRunFolder(runDirectory: string): Promise<RunLock> {
  const name = `${prefix}${formatClaim(ownClaim())}`;
  const file = path.join(runDirectory, name);
  try {
    closeSync(openSync(file, "wx"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw inUse(runDirectory, claimNamed(name)!);
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
  const claims = readdirSync(runDirectory).flatMap((name) => claimNamed(name) ?? []);
  const rivals = claims.filter(({ name }) => name !== own);
  for (const dead of rivals.filter((claim) => !isAlive(claim))) {
    rmSync(path.join(runDirectory, dead.name), { force: true });
  }
  return rivals.filter(isAlive);
}

function claimNamed(name: string): Claim | null {
  const claim = isLockName(name) ? parseClaim(name.slice(prefix.length)) : null;
  return claim && { ...claim, name };
}

function inUse(runDirectory: string, { name, host, process: number }: Claim): CheckpointError {
  const wayOut =
    host === thisHost()
      ? "wait for it, or use another folder"
      : `if it is no longer running there, remove ${path.join(runDirectory, name)}`;
  return new CheckpointError(`${runDirectory} is in use by process ${number} on ${host}; ${wayOut}`);
}
