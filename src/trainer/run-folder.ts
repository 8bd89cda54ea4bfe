import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { CheckpointError, ConfigError, errorMessage } from "../errors.ts";

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

/** Throws a `ConfigError` if a new run would mix with one that is there. */
export function checkRunFolder(runDirectory: string, options: { resume: boolean }): void {
  if (!options.resume && holdsRun(runDirectory)) {
    throw new ConfigError(
      `${runDirectory} already holds a run; add --resume to continue it, or choose another folder with --output`,
    );
  }
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
