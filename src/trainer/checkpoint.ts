import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createDirectoryAtomically, isTemporaryName, syncPath, temporaryPath } from "../atomic-file.ts";
import type { Learner } from "../compute/learner.ts";
import { CheckpointError, errorMessage } from "../errors.ts";
import { runPaths } from "./run-folder.ts";
import { parseState, type TrainerState } from "./trainer-state.ts";

const stateFile = "trainer-state.json";

/** A whole checkpoint: a model folder with optimizer state and `trainer-state.json`. */
export interface Checkpoint {
  directory: string;
  state: TrainerState;
}

/** Writes `checkpoints/step-000100/` whole or not at all and returns its path; older checkpoints are not touched. */
export async function saveCheckpoint(
  runDirectory: string,
  learner: Learner,
  state: TrainerState,
): Promise<string> {
  const directory = path.join(runPaths(runDirectory).checkpoints, stepName(state.step));
  if (readState(directory) === null) {
    rmSync(directory, { recursive: true, force: true });
    await createDirectoryAtomically(directory, async (temporary) => {
      await learner.save(temporary);
      writeFileSync(path.join(temporary, stateFile), `${JSON.stringify(state, null, 2)}\n`);
    });
  }
  return directory;
}

/** Removes resume points that a newer one replaced, and all but the newest `keep` of those at multiples of `every`. */
export function pruneCheckpoints(runDirectory: string, policy: { every: number; keep: number }): void {
  const steps = checkpointSteps(runDirectory);
  const toKeep = steps.filter((step) => isKept(step, policy.every));
  const staying = new Set([...toKeep.slice(0, policy.keep), ...steps.slice(0, 1)]);
  for (const step of steps) {
    if (!staying.has(step)) {
      removeDirectory(path.join(runPaths(runDirectory).checkpoints, stepName(step)));
    }
  }
}

/** True for the steps whose checkpoints outlive the next one. */
export function isKept(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}

/** The newest whole checkpoint of a run, or null. */
export function newestCheckpoint(runDirectory: string): Checkpoint | null {
  for (const step of checkpointSteps(runDirectory)) {
    const directory = path.join(runPaths(runDirectory).checkpoints, stepName(step));
    const state = readState(directory);
    if (state !== null) {
      return { directory, state };
    }
  }
  return null;
}

/** The whole checkpoint of a step. Throws a `CheckpointError` that names the steps there are. */
export function checkpointAt(runDirectory: string, step: number): Checkpoint {
  const directory = path.join(runPaths(runDirectory).checkpoints, stepName(step));
  const state = readState(directory);
  if (state === null) {
    const steps = checkpointSteps(runDirectory).join(", ") || "none";
    throw new CheckpointError(`${runDirectory} has no checkpoint of step ${step}; there are: ${steps}`);
  }
  return { directory, state };
}

/** The model folder of the newest whole checkpoint of a run, or null. */
export function latestCheckpoint(runDirectory: string): string | null {
  return newestCheckpoint(runDirectory)?.directory ?? null;
}

/**
 * Removes what a killed process left half-written. A checkpoint without a readable trainer state, which no kill leaves,
 * is renamed to `damaged-step-000100`, because its weights may be all there is; returns the names of those.
 */
export function removeLeftovers(runDirectory: string): string[] {
  const paths = runPaths(runDirectory);
  for (const folder of [runDirectory, paths.checkpoints, paths.rollouts]) {
    for (const name of namesIn(folder).filter(isTemporaryName)) {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
  const damaged = checkpointSteps(runDirectory)
    .map(stepName)
    .filter((name) => readState(path.join(paths.checkpoints, name)) === null);
  for (const name of damaged) {
    const aside = path.join(paths.checkpoints, `damaged-${name}`);
    rmSync(aside, { recursive: true, force: true });
    renameSync(path.join(paths.checkpoints, name), aside);
  }
  return damaged;
}

/** Newest first. */
function checkpointSteps(runDirectory: string): number[] {
  return namesIn(runPaths(runDirectory).checkpoints)
    .flatMap((name) => /^step-(\d{6,})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

function readState(directory: string): TrainerState | null {
  const file = path.join(directory, stateFile);
  return existsSync(file) ? parseState(readFileSync(file, "utf8")) : null;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A removal that is interrupted must not leave half a checkpoint under its final name, so it loses that name first. */
function removeDirectory(directory: string): void {
  const temporary = temporaryPath(directory);
  try {
    rmSync(temporary, { recursive: true, force: true });
    renameSync(directory, temporary);
    syncPath(path.dirname(directory));
    rmSync(temporary, { recursive: true, force: true });
  } catch (error) {
    throw new CheckpointError(`cannot remove the old checkpoint ${directory}: ${errorMessage(error)}`);
  }
}
