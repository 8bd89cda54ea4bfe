import type { LocalBackend } from "../compute/local/index.ts";
import { ConfigError } from "../errors.ts";
import { createSchedule } from "../optim/schedules.ts";
import type { RunEvent } from "../pipeline.ts";
import type { Task } from "../tasks/task.ts";
import { untimedRewards } from "../tasks/task-rewards.ts";
import { checkRunFolder, runPaths } from "../trainer/run-folder.ts";
import { train } from "../trainer/train.ts";
import type { LearningRateSchedule, TrainProgress, TrainResult } from "../trainer/train-options.ts";
import { createAlgorithm } from "./create-algorithm.ts";
import { preflight, type RunPurpose } from "./doctor/preflight.ts";
import { checkPositions, type PrepareOptions, prepareRun, startBackend } from "./prepared-run.ts";
import { writeRecipe } from "./recipe.ts";
import type { Recipe } from "./run-config.ts";
import type { MeasuredRecipe } from "./run-length.ts";

/** A recipe brought to life: its task and its model. Close it when done. */
export interface Session {
  recipe: MeasuredRecipe;
  task: Task;
  backend: LocalBackend;
  /** What the journal calls the model; a model of the hub has its commit in it. */
  modelName: string;
  close(): Promise<void>;
}

export interface SessionOptions extends PrepareOptions {
  purpose: RunPurpose;
}

/**
 * Throws ConfigError, DataError or ModelError for a recipe whose parts cannot be used or do not fit together, and
 * PreflightError for one whose run would be wasted.
 */
export async function openSession(given: Recipe, options: SessionOptions): Promise<Session> {
  const { warn, purpose } = options;
  const run = await prepareRun(given, options);
  checkPositions(run);
  await preflight(run, purpose, warn);
  const backend = await startBackend(run, purpose.kind === "train" ? {} : { reference: false });
  backend.model.warnings.forEach(warn);
  const { recipe, task, modelName } = run;
  return { recipe, task, backend, modelName, close: () => backend.close() };
}

/** The combined reward of a perfect completion. */
export function highestReward(task: Task): number {
  return task.rewards.reduce((sum, { reward, weight }) => sum + Math.max(weight * reward.highest, 0), 0);
}

export interface TrainingOptions {
  runFolder: string;
  resume: boolean;
  /** Ends after this many optimizer steps of the whole run, with a checkpoint, as if interrupted. */
  maxSteps?: number;
  signal?: AbortSignal;
  onEvent: (event: RunEvent) => void;
  onProgress?: (progress: TrainProgress) => void;
}

/** Trains the recipe's model into the run folder. */
export async function trainSession(session: Session, options: TrainingOptions): Promise<TrainResult> {
  const { recipe, task, backend, modelName } = session;
  const { runFolder, resume, maxSteps } = options;
  checkRunFolder(runFolder, { resume });
  checkDropout(session);
  const limit = new AbortController();
  const stop = options.signal ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
  const { algorithm, sampling } = recipe;
  const { steps, ...batching } = recipe.train;
  return train({
    sampler: backend.sampler,
    learner: backend.learner,
    codec: backend.codec,
    task,
    algorithm: createAlgorithm(algorithm, {
      highestReward: highestReward(task),
      maxTokens: sampling.maxTokens,
    }),
    runDirectory: runFolder,
    resume,
    recipeName: recipe.name,
    modelName,
    parameters: backend.model.parameters,
    seed: recipe.seed,
    warmStart: recipe.warmStart && {
      steps: recipe.warmStart.steps,
      batchSize: recipe.warmStart.batchSize,
      schedule: scheduleOf(recipe.warmStart, recipe.warmStart.steps),
    },
    steps,
    ...batching,
    schedule: scheduleOf(recipe.optimizer, steps),
    maxResampleRounds: "maxResampleRounds" in algorithm ? algorithm.maxResampleRounds : 0,
    sampling,
    evaluate: recipe.evaluate.problems > 0 ? recipe.evaluate : null,
    checkpoint: recipe.checkpoint,
    settings: fingerprintOf(recipe),
    signal: stop,
    onEvent: (event) => {
      // Not before: a resume that is refused must leave the recipe of the run as it was.
      if (event.type === "run-started" || event.type === "run-resumed") {
        writeRecipe(runPaths(runFolder).recipe, recipe);
      }
      options.onEvent(event);
      const done = event.type === "step" || event.type === "run-resumed" ? event.step : 0;
      if (maxSteps !== undefined && done >= maxSteps) {
        limit.abort();
      }
    },
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
}

function checkDropout({ backend, recipe }: Session): void {
  const { adapter } = backend.model;
  if (adapter !== null && adapter.dropout > 0) {
    throw new ConfigError(
      `${recipe.model}/adapter_config.json: lora_dropout is ${adapter.dropout}; only 0 can be trained, because sampler and learner have to be the same policy; set it to 0 there`,
    );
  }
}

type ScheduleSection = Pick<Recipe["optimizer"], "learningRate" | "schedule">;

function scheduleOf({ learningRate, schedule }: ScheduleSection, steps: number): LearningRateSchedule {
  return createSchedule({ ...schedule, learningRate }, steps);
}

/** What decides the numbers of a run. Its length is left out where no learning rate depends on it, so that it can be extended. */
function fingerprintOf(recipe: MeasuredRecipe): Record<string, unknown> {
  const { model, lora, chatTemplate, task, algorithm, optimizer, warmStart, train } = recipe;
  const { name, warmupRatio } = optimizer.schedule;
  const lengthMatters = !name.startsWith("constant") || warmupRatio !== undefined;
  return {
    model,
    ...(lora && { lora }),
    ...(chatTemplate && { chatTemplate }),
    task: { ...task, rewards: untimedRewards(task.rewards) },
    algorithm,
    optimizer,
    ...(warmStart && {
      warmStartRate: { learningRate: warmStart.learningRate, schedule: warmStart.schedule },
    }),
    ...(lengthMatters && { steps: train.steps }),
  };
}
