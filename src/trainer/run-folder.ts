import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { isTemporaryName } from "../atomic-file.ts";
import { shown } from "../error-text.ts";
import { CheckpointError, ConfigError, errorMessage } from "../errors.ts";
import { statIfPresent } from "../missing-path.ts";
import { isLockName } from "./run-lock.ts";

/** Where everything of a run lies. `recipe.yaml` is written by who starts the run. */
export interface RunPaths {
  recipe: string;
  journal: string;
  rollouts: string;
  checkpoints: string;
  tensorboard: string;
  /** What a KL term compares with, after a warm start. */
  reference: string;
}

export function runPaths(runDirectory: string): RunPaths {
  return {
    recipe: path.join(runDirectory, "recipe.yaml"),
    journal: path.join(runDirectory, "journal.jsonl"),
    rollouts: path.join(runDirectory, "rollouts"),
    checkpoints: path.join(runDirectory, "checkpoints"),
    tensorboard: path.join(runDirectory, "tensorboard"),
    reference: path.join(runDirectory, "reference"),
  };
}

/** True once a run has left its first trace; a recipe alone is none. */
export function holdsRun(runDirectory: string): boolean {
  const { journal, checkpoints } = runPaths(runDirectory);
  return (
    (existsSync(journal) && statSync(journal).size > 0) ||
    (existsSync(checkpoints) && readdirSync(checkpoints).length > 0)
  );
}

/** Throws a `ConfigError` if a new run would mix with one that is there, or with what is no run's. */
export function checkRunFolder(runDirectory: string, options: { resume: boolean }): void {
  if (holdsRun(runDirectory)) {
    if (!options.resume) {
      throw new ConfigError(
        `${runDirectory} already holds a run; add --resume to continue it, or choose another folder with --output`,
      );
    }
    return;
  }
  const foreign = entriesOf(runDirectory).find((name) => !isOfRun(name));
  if (foreign !== undefined) {
    throw new ConfigError(
      `${runDirectory} holds no run, but ${shown(foreign)}; choose a new or an empty folder with --output`,
    );
  }
}

function entriesOf(folder: string): string[] {
  return statIfPresent(folder)?.isDirectory() ? readdirSync(folder) : [];
}

/** What a run that left no trace yet may have made. */
function isOfRun(name: string): boolean {
  const { recipe: _, ...made } = runPaths("");
  return Object.values(made).includes(name) || isLockName(name) || isTemporaryName(name);
}

/** Makes the folders of a run. */
export function openRunFolder(runDirectory: string, options: { resume: boolean }): RunPaths {
  checkRunFolder(runDirectory, options);
  const paths = runPaths(runDirectory);
  try {
    mkdirSync(paths.rollouts, { recursive: true });
    mkdirSync(paths.checkpoints, { recursive: true });
  } catch (error) {
    throw new CheckpointError(
      `cannot make the run folder ${runDirectory}: ${errorMessage(error)}; choose another with --output`,
    );
  }
  return paths;
}
