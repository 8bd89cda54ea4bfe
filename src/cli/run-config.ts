import { z } from "zod";
import { type SavedDtype, savedDtypes } from "../compute/local/saved-folder.ts";
import { temperatures } from "../compute/sampler.ts";
import { type StatePrecision, statePrecisions } from "../optim/moment.ts";
import { type ScheduleName, scheduleNames, scheduleProblem } from "../optim/schedules.ts";
import { largestSeed } from "../random.ts";
import { type TaskName, taskParameters } from "../tasks/registry.ts";
import { promptWeightings } from "../trainer/prompt-weights.ts";
import { algorithmSection, comparesCompletions } from "./algorithm-section.ts";
import { algorithmProblem } from "./create-algorithm.ts";

const count = z.int().min(1);
const share = z.number().min(0).max(1);

/** Sizes of a Qwen2-style model to begin from random weights. */
const newModel = z.strictObject({
  hiddenSize: count,
  layers: count,
  heads: count,
  keyValueHeads: count,
  intermediateSize: count,
  maxPositions: count,
  tiedEmbeddings: z.boolean().default(true),
  ropeTheta: z.number().positive().default(10_000),
  initializerRange: z.number().positive().default(0.02),
});

export type NewModel = z.output<typeof newModel>;

const schedule = z.strictObject({
  name: z.enum(scheduleNames as readonly [ScheduleName, ...ScheduleName[]]).default("constant"),
  warmupSteps: z.int().min(0).optional(),
  warmupRatio: share.optional(),
  minLearningRate: z.number().min(0).optional(),
  minLearningRateRatio: share.optional(),
});

const learningRate = z.number().positive();

const warmStart = z.strictObject({
  steps: z.int().min(0),
  batchSize: count,
  learningRate,
  schedule: schedule.prefault({}),
});

/** The defaults of `lora`, whose names PEFT spells with underscores. */
const lora = z.strictObject({
  rank: count.default(16),
  alpha: z.number().positive().default(32),
  dropout: z
    .number()
    .refine((dropout) => dropout === 0, "0: sampler and learner have to be the same policy")
    .default(0),
  targetModules: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
      error: "all-linear, a list of module names, or a regular expression",
    })
    .default("all-linear"),
  useRslora: z.boolean().default(false),
});

export const budget = z.strictObject({
  samples: count.optional(),
  tokens: count.optional(),
  seconds: z.number().positive().optional(),
});

const interval = z.custom<number | "epoch">(
  (value) =>
    value === "epoch" ||
    (typeof value === "number" && value >= 0 && (value < 1 || Number.isSafeInteger(value))),
  "a whole number of steps, a share of all steps below 1, or epoch",
);

const trainKeys = z.strictObject({
  steps: z.int().min(0).optional(),
  epochs: z.number().positive().optional(),
  promptsPerStep: count,
  completionsPerPrompt: count.default(8),
  promptWeights: z.enum(promptWeightings).nullable().default(null),
  maxPromptTokens: count.default(512),
  longPrompts: z.enum(["refuse", "skip"]).default("refuse"),
  unscoredShareLimit: z.number().min(0).lt(1).default(0.5),
  budget: budget.nullable().default(null),
});

/** The length of a run is given once. */
const train = trainKeys.superRefine(({ steps, epochs }, context) => {
  const fail = (key: string, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message });
  if (steps === undefined && epochs === undefined) {
    fail("steps", "a whole number, or epochs in its place");
  } else if (steps !== undefined && epochs !== undefined) {
    fail("epochs", "nothing here, because train.steps gives the length too");
  }
});

const sampling = z.strictObject({
  temperature: z.number().min(0).refine(temperatures.holds, temperatures.range).default(1),
  topK: z.int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(1),
  minP: share.default(0),
  repetitionPenalty: z.number().positive().default(1),
  maxTokens: count.default(256),
  stop: z.array(z.string().min(1)).default([]),
});

const optimizer = z.strictObject({
  learningRate: learningRate.default(1e-6),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0),
  maxGradientNorm: z.number().positive().nullable().default(1),
  state: z.enum(statePrecisions as readonly [StatePrecision, ...StatePrecision[]]).default("float32"),
  schedule: schedule.prefault({}),
});

const evaluate = z.strictObject({
  every: interval.default(0),
  problems: z.int().min(0).default(200),
  atStart: z.boolean().default(true),
});

const checkpoint = z.strictObject({
  every: interval.default(0),
  keep: z.int().min(0).default(3),
  rollingEvery: count.default(1),
  dtype: z.enum(savedDtypes as readonly [SavedDtype, ...SavedDtype[]]).default("source"),
});

const compute = z.strictObject({
  threads: count.optional(),
  microBatchTokens: count.optional(),
  gradientCheckpointing: z.boolean().optional(),
  samplerRows: count.optional(),
});

type TaskSection = { [Name in TaskName]: { name: Name } & z.output<(typeof taskParameters)[Name]> }[TaskName];

/** `name` chooses the task; the other keys are that task's own parameters. */
const task = z.discriminatedUnion(
  "name",
  Object.entries(taskParameters).map(([name, parameters]) =>
    z.strictObject({ name: z.literal(name), ...parameters.shape }),
  ) as unknown as [z.ZodObject<{ name: z.ZodLiteral<TaskName> }>],
) as unknown as z.ZodType<TaskSection>;

const recipeKeys = z.strictObject({
  name: z.string().regex(/^[\w][\w.-]*$/, "letters, digits, dots, dashes and underscores"),
  seed: z.int().min(0).max(largestSeed).default(1),
  model: z.union([z.string().min(1), newModel], {
    error: "a model folder or ORG/NAME[@REVISION] on the hub (also as --model), or the sizes of a new model",
  }),
  chatTemplate: z.string().min(1).nullable().default(null),
  task,
  lora: lora.nullable().default(null),
  warmStart: warmStart.nullable().default(null),
  train,
  algorithm: algorithmSection,
  sampling: sampling.prefault({}),
  optimizer: optimizer.prefault({}),
  evaluate: evaluate.prefault({}),
  checkpoint: checkpoint.prefault({}),
  compute: compute.prefault({}),
  output: z.string().min(1).optional(),
});

/** Every key of a recipe. Unknown keys are refused at every level; what is left out takes its default. */
export const recipeSchema = recipeKeys.superRefine((recipe, context) => {
  const { algorithm, train, sampling } = recipe;
  for (const section of ["optimizer", "warmStart"] as const) {
    const rates = recipe[section];
    const problem = rates && scheduleProblem({ ...rates.schedule, learningRate: rates.learningRate });
    if (problem) {
      context.addIssue({
        code: "custom",
        path: [section, "schedule"],
        message: `one that fits: ${problem}`,
      });
    }
  }
  const problem = algorithmProblem(algorithm, sampling.maxTokens);
  if (problem) {
    context.addIssue({ code: "custom", path: ["algorithm"], message: `settings that fit: ${problem}` });
  }
  if (sampling.temperature === 0 && comparesCompletions(algorithm)) {
    context.addIssue({
      code: "custom",
      path: ["sampling", "temperature"],
      message: `more than 0, because ${algorithm.name} compares the completions of a prompt, which would all be the same`,
    });
  }
  if (train.completionsPerPrompt < 2 && comparesCompletions(algorithm)) {
    context.addIssue({
      code: "custom",
      path: ["train", "completionsPerPrompt"],
      message: `at least 2, because ${algorithm.name} compares the completions of a prompt`,
    });
  }
});

export type Recipe = z.output<typeof recipeSchema>;
