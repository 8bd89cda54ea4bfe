import type { Algorithm, Imitation } from "../algorithms/algorithm.ts";
import type { Codec } from "../compute/codec.ts";
import type { Learner } from "../compute/learner.ts";
import type { SampleProgress, Sampler, SamplingParameters } from "../compute/sampler.ts";
import { ConfigError } from "../errors.ts";
import type { RunEvent, StepRecord } from "../pipeline.ts";
import type { Task } from "../tasks/task.ts";
import type { PromptLimit } from "./draw-prompts.ts";
import type { PromptWeighting } from "./prompt-weights.ts";

/** The learning rate of a step, counted from 1 within its stage. */
export type LearningRateSchedule = (step: number) => number;

/** What a whole run may spend. It ends after the step that reaches one of them, with an evaluation, like after its last step. */
export interface Budget {
  /** Completions sampled. */
  samples?: number | undefined;
  /** Tokens sampled and tokens learned from, together. */
  tokens?: number | undefined;
  /** In steps: evaluations and checkpoints are not counted. */
  seconds?: number | undefined;
}

/** What a run is made of. Plain data, and the five objects that do the work. */
export interface TrainOptions extends PromptLimit {
  sampler: Sampler;
  /** Holds the policy that `sampler` draws from. */
  learner: Learner;
  codec: Codec;
  task: Task;
  /** `imitation` learns from the task's demonstrations, `promptsPerStep` of them a step. */
  algorithm: Algorithm | Imitation;

  runDirectory: string;
  /** Continue the run in `runDirectory`; otherwise it has to be free. */
  resume: boolean;
  recipeName: string;
  modelName: string;
  /** Number of trainable parameters, for the journal. */
  parameters: number;
  /** Of problem order and draws: a whole number. */
  seed: number;

  /** Optimizer steps that imitate the task's demonstrations, before the first reward; null for none. */
  warmStart: { steps: number; batchSize: number; schedule: LearningRateSchedule } | null;
  /** Optimizer steps with rewards. */
  steps: number;
  /** null for none but `steps`. */
  budget: Budget | null;
  schedule: LearningRateSchedule;
  /** B. */
  promptsPerStep: number;
  /** G. */
  completionsPerPrompt: number;
  /** Weighs prompts by what their groups earned, from the second epoch on; null takes each once an epoch. */
  promptWeights: PromptWeighting | null;
  sampling: SamplingParameters;
  /** Batches of B prompts beyond the first that a step may sample in search of informative groups. */
  maxResampleRounds: number;
  /** From 0 to below 1: if a larger share of a step's completions has no reward, the run stops before learning from it. */
  unscoredShareLimit: number;

  /** Greedy, on the first `problems` held-out problems: every so many steps (0: never), after each stage, and before the first step if asked. */
  evaluate: { every: number; problems: number; atStart: boolean } | null;
  /** One resume point every `rollingEvery` steps, replaced by the next; one to keep every `every` steps (0: none), the newest `keep` of them. */
  checkpoint: { every: number; keep: number; rollingEvery: number };

  /**
   * The rest of what changes the numbers and is hidden in the objects above: model, optimizer, schedule, task,
   * algorithm. JSON; resume refuses a checkpoint that was made with others.
   */
  settings: Readonly<Record<string, unknown>>;

  /** Ends the run after the step in flight, with a checkpoint. */
  signal?: AbortSignal;
  /** Called after the event is safe in the journal. */
  onEvent?: (event: RunEvent) => void;
  onProgress?: (progress: TrainProgress) => void;
}

/** What goes on inside a step. */
export interface TrainProgress {
  /** The step in flight. */
  step: number;
  stage: StepRecord["stage"];
  phase: "sample" | "score" | "learn" | "checkpoint" | "evaluate";
  /** While sampling. */
  sample?: SampleProgress;
  /** Problems, while evaluating. */
  evaluation?: { done: number; total: number };
}

export interface TrainResult {
  /** Optimizer steps of the whole run so far. */
  step: number;
  totalSteps: number;
  /** False if the run was asked to stop before its last step, or before the evaluation behind that. */
  finished: boolean;
  /** The newest checkpoint; null if the run was stopped before its first step. */
  checkpoint: string | null;
}

/** Throws a `ConfigError` for numbers that no run could use. */
export function checkTrainOptions(options: TrainOptions): void {
  const { warmStart, checkpoint, evaluate } = options;
  const whole: [name: string, value: number, lowest: number][] = [
    ["steps", options.steps, 0],
    ["promptsPerStep", options.promptsPerStep, 1],
    ["completionsPerPrompt", options.completionsPerPrompt, 1],
    ["maxPromptTokens", options.maxPromptTokens, 1],
    ["maxResampleRounds", options.maxResampleRounds, 0],
    ["sampling.maxTokens", options.sampling.maxTokens, 1],
    ["checkpoint.every", checkpoint.every, 0],
    ["checkpoint.keep", checkpoint.keep, 0],
    ["checkpoint.rollingEvery", checkpoint.rollingEvery, 1],
  ];
  if (warmStart) {
    whole.push(["warmStart.steps", warmStart.steps, 0], ["warmStart.batchSize", warmStart.batchSize, 1]);
  }
  if (evaluate) {
    whole.push(["evaluate.every", evaluate.every, 0], ["evaluate.problems", evaluate.problems, 1]);
  }
  for (const [name, value, lowest] of whole) {
    if (!Number.isInteger(value) || value < lowest) {
      throw new ConfigError(`${name} is ${value}; it has to be a whole number of at least ${lowest}`);
    }
  }
  for (const [name, limit] of Object.entries(options.budget ?? {})) {
    if (!(limit > 0)) {
      throw new ConfigError(`budget.${name} is ${limit}; it has to be above 0`);
    }
  }
  if (!Number.isInteger(options.seed)) {
    throw new ConfigError(`seed is ${options.seed}; it has to be a whole number`);
  }
  if (!(options.unscoredShareLimit >= 0 && options.unscoredShareLimit < 1)) {
    throw new ConfigError(
      `unscoredShareLimit is ${options.unscoredShareLimit}; it has to be at least 0 and below 1, because a step without a single reward has nothing to report`,
    );
  }
  if (options.steps + (warmStart?.steps ?? 0) === 0) {
    throw new ConfigError("steps is 0 and there is no warm start: nothing to train; set steps to 1 or more");
  }
}
