import path from "node:path";
import type { EngineOptions } from "../compute/local/engine-settings.ts";
import { type LocalBackend, startLocalBackend } from "../compute/local/index.ts";
import {
  defaultThreads,
  describeModel,
  type ModelDescription,
  type ModelSource,
} from "../compute/local/local-model.ts";
import { ConfigError } from "../errors.ts";
import { parseModelReference } from "../hub/model-reference.ts";
import { arithmeticAlphabet } from "../tasks/arithmetic/alphabet.ts";
import { prepareRewards } from "../tasks/prepare-rewards.ts";
import { createTask } from "../tasks/registry.ts";
import type { Task } from "../tasks/task.ts";
import { lookups } from "./algorithm-section.ts";
import { locateTaskData } from "./data-location.ts";
import { locateModel, type ModelLocation, modelSource } from "./model-location.ts";
import type { NewModel, Recipe } from "./run-config.ts";
import { type MeasuredRecipe, withSteps } from "./run-length.ts";
import { silence, type TextOutput } from "./terminal.ts";

/** All of a run that can be known before its weights are read. */
export interface PreparedRun extends PreparedModel<MeasuredRecipe> {
  task: Task;
}

export interface PreparedModel<Given extends Recipe = Recipe> {
  /** Completed with what this machine and the model's location decide. */
  recipe: Given;
  source: ModelSource;
  description: ModelDescription;
  /** What the journal calls the model; a model of the hub has its commit in it. */
  modelName: string;
}

export interface PrepareOptions {
  warn: (message: string) => void;
  /** Is told how far a download is; nobody if not given. */
  progress?: TextOutput;
  /** The base of an adapter, instead of the one that its configuration names. */
  base?: string | undefined;
}

/** Throws ConfigError, DataError or ModelError for a task or a model that cannot be used. */
export async function prepareRun(recipe: Recipe, options: PrepareOptions): Promise<PreparedRun> {
  const { task, recorded } = await prepareTask(recipe, options);
  return {
    task,
    ...(await prepareModel(withSteps({ ...recipe, task: recorded }, task.train.size), options)),
  };
}

/** A task whose data are on this machine and whose rewards can judge, and how the recipe records it. */
export async function prepareTask(
  { task: given, seed }: Recipe,
  { warn, progress = silence }: PrepareOptions,
): Promise<{ task: Task; recorded: Recipe["task"] }> {
  const { task, recorded } = await locateTaskData(given, progress);
  const { name, ...parameters } = task;
  const created = createTask(name, parameters, { seed, warn });
  await prepareRewards(created);
  return { task: created, recorded };
}

export async function prepareModel<Given extends Recipe>(
  given: Given,
  { progress = silence, base }: PrepareOptions,
): Promise<PreparedModel<Given>> {
  const located = typeof given.model === "string" ? await locateModel(given.model, progress, { base }) : null;
  const recipe = {
    ...given,
    // The number of threads decides the last bits of sums, so it belongs to the completed recipe.
    compute: { threads: defaultThreads(), ...given.compute },
    // The name with the hub's commit, so that a resumed run begins from the same weights.
    ...(located && { model: located.name }),
  };
  const source = located ? locatedSource(located, recipe) : freshModel(recipe.model as NewModel, recipe);
  const description = describeModel(source, { chatTemplate: recipe.chatTemplate });
  // In the cache, a model of the hub lies in a folder that is called like its commit alone.
  const isFolder = located === null || located.name === located.modelFolder;
  return { recipe, source, description, modelName: isFolder ? description.name : located.name };
}

/** Throws ConfigError where prompt and completion at their limits exceed what the model has room for. */
export function checkPositions({ recipe, description, modelName }: PreparedModel): void {
  const { maxPositions } = description.model.dimensions;
  const { maxPromptTokens } = recipe.train;
  const { maxTokens } = recipe.sampling;
  if (maxPromptTokens + maxTokens > maxPositions) {
    throw new ConfigError(
      `train.maxPromptTokens ${maxPromptTokens} and sampling.maxTokens ${maxTokens} exceed the ${maxPositions} positions of model ${modelName}; lower one of them`,
    );
  }
}

/** How the recipe wants the engine. */
export function engineOptions({ algorithm, optimizer, compute, seed }: Recipe): EngineOptions {
  const { betas, epsilon, weightDecay, maxGradientNorm, state: statePrecision } = optimizer;
  return {
    optimizer: { betas, epsilon, weightDecay, maxGradientNorm, statePrecision, seed },
    ...compute,
    reference: lookups(algorithm).reference,
  };
}

/** Reads the weights and starts the engine, as the recipe wants it but for `changes`. */
export function startBackend(
  { recipe, source, description }: PreparedModel,
  changes: EngineOptions = {},
): Promise<LocalBackend> {
  return startLocalBackend({
    model: source,
    description,
    ...engineOptions(recipe),
    ...changes,
    chatTemplate: recipe.chatTemplate,
    saved: { dtype: recipe.checkpoint.dtype },
  });
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
