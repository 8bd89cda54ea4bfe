import type { Learner } from "../compute/learner.ts";
import { CheckpointError, ConfigError, errorMessage } from "../errors.ts";
import { newestCheckpoint, removeLeftovers } from "./checkpoint.ts";
import { readJournal } from "./journal.ts";
import type { Run } from "./run.ts";
import { checkSameRun, initialState, type TrainerState } from "./trainer-state.ts";

/** The state to go on from: that of the newest checkpoint, with the policy restored, or that of a fresh run. */
export async function beginRun({ options, paths, totalSteps, emit }: Run): Promise<TrainerState> {
  const { runDirectory } = options;
  const fresh = initialState(options);
  const damaged = removeLeftovers(runDirectory);
  const newest = newestCheckpoint(runDirectory);
  if (newest) {
    checkSameRun(newest.directory, newest.state, fresh);
    if (newest.state.step > totalSteps) {
      throw new ConfigError(
        `${newest.directory} is past the ${totalSteps} steps of this run; set steps higher, or train into another folder`,
      );
    }
    await restore(options.learner, newest.directory);
  }
  const state = newest?.state ?? fresh;
  const { step } = state;
  const started = readJournal(paths.journal).some(({ type }) => type === "run-started");
  if (!started) {
    emit({
      type: "run-started",
      recipe: options.recipeName,
      model: options.modelName,
      parameters: options.parameters,
      seed: options.seed,
      totalSteps,
    });
  }
  if (started || newest) {
    emit({ type: "run-resumed", step, totalSteps });
  } else if (options.resume) {
    emit({
      type: "warning",
      step,
      message: `nothing to resume in ${runDirectory}: started from the beginning`,
    });
  }
  for (const name of damaged) {
    emit({
      type: "warning",
      step,
      message: `renamed checkpoint ${name} to damaged-${name}: its trainer state cannot be read`,
    });
  }
  return state;
}

async function restore(learner: Learner, directory: string): Promise<void> {
  try {
    await learner.load(directory);
  } catch (error) {
    throw new CheckpointError(
      `${errorMessage(error)}; restore it, or remove ${directory} to go on from an older checkpoint or from the beginning`,
    );
  }
}
