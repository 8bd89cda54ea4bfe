import path from "node:path";
import { createGpg } from "../algorithms/gpg.ts";
import { type LocalBackend, startLocalBackend } from "../compute/local/index.ts";
import { defaultThreads, type ModelSource } from "../compute/local/local-model.ts";
import { ConfigError } from "../errors.ts";
import { parseModelReference } from "../hub/model-reference.ts";
import { createSchedule } from "../optim/schedules.ts";
import type { RunEvent } from "../pipeline.ts";
import { arithmeticAlphabet } from "../tasks/arithmetic/alphabet.ts";
import { checkTask } from "../tasks/check-task.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { checkRunFolder, runPaths } from "../trainer/run-folder.ts";
import { train } from "../trainer/train.ts";
import type { LearningRateSchedule, TrainProgress, TrainResult } from "../trainer/train-options.ts";
import { locateModel, type ModelLocation, modelSource } from "./model-location.ts";
import { writeRecipe } from "./recipe.ts";
import type { NewModel, Recipe } from "./run-config.ts";
import { silence, type TextOutput } from "./terminal.ts";

/** A recipe brought to life: its task and its model. Close it when done. */
export interface Session {
  recipe: Recipe;
  task: Task;
  backend: LocalBackend;
  /** What the journal calls the model; a model of the hub has its commit in it. */
  modelName: string;
  close(): Promise<void>;
}

export interface SessionOptions {
  warn: (message: string) => void;
  /** Is told how far a model's download is; nobody if not given. */
  progress?: TextOutput;
  /** The base of an adapter, instead of the one that its configuration names. */
  base?: string | undefined;
}

/** Problems of each split whose gold answers are tried before a run, and how many failures are shown. */
const checkedProblems = 16;
const shownFaults = 3;

/** Throws ConfigError, DataError or ModelError for a recipe whose parts cannot be used or do not fit together. */
export async function openSession(
  given: Recipe,
  { warn, progress = silence, base }: SessionOptions,
): Promise<Session> {
  // The number of threads decides the last bits of sums, so it belongs to the completed recipe.
  const compute = { threads: defaultThreads(), ...given.compute };
  const { name, ...parameters } = given.task;
  const task = createTask(name, parameters, { seed: given.seed, warn });
  for (const { id, reason } of (await checkTask(task, checkedProblems)).slice(0, shownFaults)) {
    warn(`problem ${id}: ${reason}`);
  }
  const located = typeof given.model === "string" ? await locateModel(given.model, progress, { base }) : null;
  // The name with the hub's commit, so that a resumed run begins from the same weights.
  const recipe = { ...given, compute, ...(located && { model: located.name }) };
  const { betas, epsilon, weightDecay, maxGradientNorm, state: statePrecision } = recipe.optimizer;
  const backend = await startLocalBackend({
    model: located ? locatedSource(located, recipe) : freshModel(recipe.model as NewModel, recipe),
    optimizer: { betas, epsilon, weightDecay, maxGradientNorm, statePrecision, seed: recipe.seed },
    ...recipe.compute,
    saved: { dtype: recipe.checkpoint.dtype },
  });
  backend.model.warnings.forEach(warn);
  // In the cache, a model of the hub lies in a folder that is called like its commit alone.
  const isFolder = located === null || located.name === located.modelFolder;
  const modelName = isFolder ? backend.model.name : located.name;
  const { maxPositions } = backend.model;
  const { maxPromptTokens } = recipe.train;
  const { maxTokens } = recipe.sampling;
  if (maxPromptTokens + maxTokens > maxPositions) {
    await backend.close();
    throw new ConfigError(
      `train.maxPromptTokens ${maxPromptTokens} and sampling.maxTokens ${maxTokens} exceed the ${maxPositions} positions of model ${modelName}; lower one of them`,
    );
  }
  return { recipe, task, backend, modelName, close: () => backend.close() };
}

/** The model as it is, or with a new adapter where the recipe asks for one. */
function locatedSource(located: ModelLocation, { lora, seed }: Recipe): ModelSource {
  if (lora === null) {
    return modelSource(located);
  }
  const { name, modelFolder, adapterFolder } = located;
  if (adapterFolder !== null) {
    throw new ConfigError(
      `lora: model ${adapterFolder} is an adapter already; leave lora out to train it on (--set lora=null), or merge it first with gpgrad merge`,
    );
  }
  const reference = name === modelFolder ? null : parseModelReference(name);
  const base = reference ?? { name: path.resolve(modelFolder), revision: null };
  return { base: modelFolder, adapter: { settings: lora, seed, base } };
}

/** A Qwen2 config.json with the alphabet of the task. */
function freshModel(model: NewModel, { task, seed, lora }: Recipe): ModelSource {
  if (lora !== null) {
    throw new ConfigError(
      "lora: an adapter needs a model that it can name as its base; give a model folder with --model DIR, or set lora to null",
    );
  }
  if (task.name !== "arithmetic") {
    throw new ConfigError(
      `model: task ${task.name} needs a model that reads natural text; give one with --model`,
    );
  }
  return {
    config: {
      architectures: ["Qwen2ForCausalLM"],
      model_type: "qwen2",
      hidden_act: "silu",
      hidden_size: model.hiddenSize,
      num_hidden_layers: model.layers,
      num_attention_heads: model.heads,
      num_key_value_heads: model.keyValueHeads,
      intermediate_size: model.intermediateSize,
      max_position_embeddings: model.maxPositions,
      tie_word_embeddings: model.tiedEmbeddings,
      rope_theta: model.ropeTheta,
      initializer_range: model.initializerRange,
      rms_norm_eps: 1e-6,
    },
    tokenizer: arithmeticAlphabet,
    seed,
  };
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
  const { name: algorithmName, preset, ...settings } = recipe.algorithm;
  const { steps, ...batching } = recipe.train;
  return train({
    sampler: backend.sampler,
    learner: backend.learner,
    codec: backend.codec,
    task,
    algorithm: createGpg({ ...settings, highestReward: highestReward(task) }),
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
    maxResampleRounds: settings.maxResampleRounds,
    sampling: recipe.sampling,
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
function fingerprintOf(recipe: Recipe): Record<string, unknown> {
  const { model, lora, task, algorithm, optimizer, warmStart, train } = recipe;
  const { name, warmupRatio } = optimizer.schedule;
  const lengthMatters = !name.startsWith("constant") || warmupRatio !== undefined;
  return {
    model,
    ...(lora && { lora }),
    task,
    algorithm,
    optimizer,
    ...(warmStart && {
      warmStartRate: { learningRate: warmStart.learningRate, schedule: warmStart.schedule },
    }),
    ...(lengthMatters && { steps: train.steps }),
  };
}
