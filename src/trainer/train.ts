import path from "node:path";
import { isImitation } from "../algorithms/algorithm.ts";
import { DataError } from "../errors.ts";
import type { RunEvent, StepRecord } from "../pipeline.ts";
import { hashSeed } from "../random.ts";
import { beginRun } from "./begin-run.ts";
import { isOver } from "./budget.ts";
import { isKept, latestCheckpoint, pruneCheckpoints, saveCheckpoint } from "./checkpoint.ts";
import { planEvaluation } from "./held-out-evaluation.ts";
import { imitationStep } from "./imitation-step.ts";
import { openJournal } from "./journal.ts";
import { createProblemCursor } from "./problem-cursor.ts";
import { prepareReference, restoreReference } from "./reference.ts";
import { writeRolloutLog } from "./rollout-log.ts";
import type { Run } from "./run.ts";
import { checkRunFolder, openRunFolder, type RunPaths } from "./run-folder.ts";
import { lockRunFolder } from "./run-lock.ts";
import { openEventFile } from "./tensorboard/event-file.ts";
import { checkTrainOptions, type TrainOptions, type TrainResult } from "./train-options.ts";
import { type TrainStepContext, trainStep } from "./train-step.ts";
import { advance, type Cursors, type TrainerState } from "./trainer-state.ts";
import { createWeightedCursor } from "./weighted-cursor.ts";

/**
 * Trains: warm start, then steps with rewards; with evaluations, checkpoints and a journal. A run that was stopped or
 * killed continues bit for bit with `resume`. Throws `ConfigError`, `DataError`, `CheckpointError`, `BackendError`.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkTrainOptions(options);
  const paths = openRunFolder(options.runDirectory, options);
  const lock = await lockRunFolder(options.runDirectory);
  try {
    return await trainLocked(options, paths);
  } finally {
    lock.release();
  }
}

async function trainLocked(options: TrainOptions, paths: RunPaths): Promise<TrainResult> {
  // Another process may have run here since the folder was opened.
  checkRunFolder(options.runDirectory, options);
  const journal = openJournal(paths.journal);
  const eventFile = openEventFile(paths.tensorboard);
  const warmStartSteps = options.warmStart?.steps ?? 0;
  try {
    return await runSteps({
      options,
      paths,
      warmStartSteps,
      totalSteps: warmStartSteps + options.steps,
      emit(event) {
        const timed = { time: new Date().toISOString(), ...event } as RunEvent;
        journal.append(timed);
        eventFile.append(timed);
        options.onEvent?.(timed);
      },
    });
  } finally {
    journal.close();
    eventFile.close();
  }
}

/** Nothing of a step lasts before its checkpoint; its journal line and rollouts come first, so that none is ever missing. */
async function runSteps(run: Run): Promise<TrainResult> {
  const { options, totalSteps, emit } = run;
  const stopRequested = () => options.signal?.aborted === true;
  let state = await beginRun(run);
  await restoreReference(run, state.step);
  let savedStep = state.step;
  const save = async () => {
    if (savedStep < state.step) {
      await checkpoint(run, state);
      savedStep = state.step;
    }
  };
  const evaluation = planEvaluation(run, state.step);
  const cursors = createCursors(options, state);

  while (!stopRequested()) {
    await evaluation?.runIfDue(state);
    if (isOver(run, state) || stopRequested()) {
      break;
    }
    await prepareReference(run, state.step);
    const record = await takeStep(run, state.step + 1, cursors).catch(async (error) => {
      // Problems, prompts and rewards are refused before anything is learned from them: the policy is sound.
      if (error instanceof DataError) {
        await save();
      }
      throw error;
    });
    state = advance(state, record, cursors);
    emit({ type: "step", ...record });
    if (isCheckpointDue(run, state.step)) {
      await save();
    }
  }

  await save();
  emit({ type: "run-finished", step: state.step, seconds: state.counters.seconds });
  return {
    step: state.step,
    totalSteps,
    finished: isOver(run, state) && evaluation?.isDue(state) !== true,
    checkpoint: latestCheckpoint(options.runDirectory),
  };
}

/** One stream of problems a stage, so that the length of the warm start does not change what comes after it. */
function createCursors(
  { task, seed, promptWeights: weighting, promptsPerStep: batchSize }: TrainOptions,
  { positions, prompts }: TrainerState,
): Cursors {
  const trainSeed = hashSeed(seed, 2);
  return {
    "warm-start": createProblemCursor(task.train, hashSeed(seed, 1), positions.warmStart),
    train:
      weighting === null
        ? createProblemCursor(task.train, trainSeed, positions.train)
        : createWeightedCursor(task.train, trainSeed, {
            weighting,
            batchSize,
            position: positions.train,
            state: prompts ?? null,
          }),
  };
}

async function takeStep(run: Run, step: number, cursors: Cursors): Promise<StepRecord> {
  const { options, warmStartSteps, paths, emit } = run;
  const common = { options, step, warn: (message: string) => emit({ type: "warning", step, message }) };
  if (options.warmStart && step <= warmStartSteps) {
    const { schedule, batchSize } = options.warmStart;
    const stage = "warm-start";
    return imitationStep(
      {
        ...common,
        cursor: cursors[stage],
        learningRate: schedule(step),
        progress: (phase) => options.onProgress?.({ step, stage, phase }),
      },
      stage,
      batchSize,
    );
  }
  const stage = "train";
  const context: TrainStepContext = {
    ...common,
    cursor: cursors[stage],
    learningRate: options.schedule(step - warmStartSteps),
    progress: (phase, sample) => options.onProgress?.({ step, stage, phase, ...(sample && { sample }) }),
    keep: (sampled, batch) => writeRolloutLog(paths.rollouts, step, sampled, batch),
  };
  const { algorithm, promptsPerStep } = options;
  if (isImitation(algorithm)) {
    return imitationStep(context, stage, promptsPerStep);
  }
  return trainStep(context, algorithm);
}

function isCheckpointDue({ options }: Run, step: number): boolean {
  const { rollingEvery, every } = options.checkpoint;
  return step % rollingEvery === 0 || isKept(step, every);
}

/** The newest checkpoint replaces older ones only once it is safe. */
async function checkpoint(run: Run, state: TrainerState): Promise<void> {
  const { options, emit } = run;
  const { runDirectory, learner, onProgress, checkpoint: policy } = options;
  const { step, stage } = state;
  onProgress?.({ step, stage, phase: "checkpoint" });
  const directory = await saveCheckpoint(runDirectory, learner, state);
  if (isKept(step, policy.every) || isOver(run, state)) {
    emit({ type: "checkpoint", step, path: path.relative(runDirectory, directory) });
  }
  pruneCheckpoints(runDirectory, policy);
}
