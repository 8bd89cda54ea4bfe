import { CheckpointError } from "../errors.ts";
import { type FlatValues, flatten } from "../flatten.ts";
import type { StepRecord } from "../pipeline.ts";
import { firstDifference } from "../settings-difference.ts";
import type { ProblemCursor, PromptState } from "./problem-cursor.ts";
import type { TrainOptions } from "./train-options.ts";

/** What a checkpoint knows beyond the policy and its optimizer: where the run stands. */
export interface TrainerState {
  version: 1;
  /** Optimizer steps done, both stages together. */
  step: number;
  /** Of the last step done. */
  stage: StepRecord["stage"];
  seed: number;
  /** Problems taken from each stage's stream. */
  positions: { warmStart: number; train: number };
  /** Where prompts are weighed by what they earned. */
  prompts?: PromptState;
  counters: RunCounters;
  /** Every setting that changes the numbers, by its dotted name. */
  fingerprint: FlatValues;
}

/** Over the whole run, resumed parts included. */
export interface RunCounters {
  sampledCompletions: number;
  sampledTokens: number;
  learnedTokens: number;
  /** Steps that changed the policy. */
  updates: number;
  /** In steps. */
  seconds: number;
}

export function initialState(options: TrainOptions): TrainerState {
  return {
    version: 1,
    step: 0,
    stage: options.warmStart && options.warmStart.steps > 0 ? "warm-start" : "train",
    seed: options.seed,
    positions: { warmStart: 0, train: 0 },
    counters: { sampledCompletions: 0, sampledTokens: 0, learnedTokens: 0, updates: 0, seconds: 0 },
    fingerprint: fingerprint(options),
  };
}

/** One stream of problems a stage. */
export type Cursors = Record<StepRecord["stage"], ProblemCursor>;

/** The state after a step that left the cursors where they are. */
export function advance(state: TrainerState, record: StepRecord, cursors: Cursors): TrainerState {
  const { counters } = state;
  const prompts = cursors.train.snapshot();
  return {
    ...state,
    step: record.step,
    stage: record.stage,
    positions: { warmStart: cursors["warm-start"].position, train: cursors.train.position },
    ...(prompts && { prompts }),
    counters: {
      sampledCompletions: counters.sampledCompletions + (record.signal?.sampledCompletions ?? 0),
      sampledTokens: counters.sampledTokens + (record.signal?.sampledTokens ?? 0),
      learnedTokens: counters.learnedTokens + record.tokens,
      updates: counters.updates + (record.signal?.zeroLossReason ? 0 : 1),
      seconds: counters.seconds + record.seconds.total,
    },
  };
}

/** Without the limits that a refused prompt or reward tells the user to change before resuming: no past step depends on them. */
function fingerprint(options: TrainOptions): FlatValues {
  const { warmStart, task, algorithm } = options;
  const own = {
    seed: options.seed,
    task: {
      name: task.name,
      trainingProblems: task.train.size,
      ...(task.train.digest !== undefined && { contentOfProblems: task.train.digest }),
    },
    algorithm: { name: algorithm.name },
    warmStart: warmStart && { steps: warmStart.steps, batchSize: warmStart.batchSize },
    promptsPerStep: options.promptsPerStep,
    completionsPerPrompt: options.completionsPerPrompt,
    ...(options.promptWeights && { promptWeights: options.promptWeights }),
    sampling: options.sampling,
    maxResampleRounds: options.maxResampleRounds,
  };
  return { ...flatten(options.settings), ...flatten(own) };
}

/** Throws a `CheckpointError` that names the first setting in which this run differs from the checkpoint. */
export function checkSameRun(checkpoint: string, saved: TrainerState, wanted: TrainerState): void {
  const difference = firstDifference(saved.fingerprint, wanted.fingerprint);
  if (difference !== null) {
    const { name, before, now } = difference;
    throw new CheckpointError(
      `${checkpoint} was made with ${name} ${before}, this run has ${now}; set it back, or train into another folder`,
    );
  }
}

/** The state in the text of `trainer-state.json`, or null if it is none. */
export function parseState(text: string): TrainerState | null {
  try {
    const state = JSON.parse(text) as TrainerState | null;
    const whole =
      state?.version === 1 &&
      Number.isInteger(state.step) &&
      Number.isInteger(state.positions.warmStart) &&
      Number.isInteger(state.positions.train) &&
      typeof state.counters === "object" &&
      typeof state.fingerprint === "object";
    return whole ? state : null;
  } catch {
    return null;
  }
}
