import type { Algorithm, GroupSignal } from "../algorithms/algorithm.ts";
import { atTemperature } from "../algorithms/updates.ts";
import type { SampleProgress } from "../compute/sampler.ts";
import { DataError } from "../errors.ts";
import { withTaskStops } from "../eval/evaluate.ts";
import { scoreGroup } from "../eval/score-group.ts";
import type { ScoredGroup, StepRecord, TrainingBatch } from "../pipeline.ts";
import { hashSeed } from "../random.ts";
import { drawPrompts } from "./draw-prompts.ts";
import type { Update } from "./learn.ts";
import { learnBatch } from "./learn-batch.ts";
import { rewardFailures, rolloutStatistics, signalLedger } from "./metrics.ts";
import { type PhaseClock, startPhaseClock } from "./phase-clock.ts";
import type { ProblemCursor } from "./problem-cursor.ts";
import type { TrainOptions, TrainProgress } from "./train-options.ts";

/** What one step needs to know of its run. */
export interface StepContext {
  options: TrainOptions;
  /** Counts from 1 over the whole run. */
  step: number;
  cursor: ProblemCursor;
  learningRate: number;
  progress: (phase: TrainProgress["phase"], sample?: SampleProgress) => void;
  warn: (message: string) => void;
}

/** What a step that samples needs to know of its run. */
export interface TrainStepContext extends StepContext {
  /** Writes down what was sampled, with the weights of what was chosen of it. */
  keep: (sampled: readonly ScoredGroup[], batch: TrainingBatch) => void;
}

const noUpdate: Update = { loss: 0, gradientNorm: 0, tokens: 0 };

/** One step: problems -> prompts -> rollouts -> scores -> token weights -> forward and backward -> optimizer. */
export async function trainStep(context: TrainStepContext, algorithm: Algorithm): Promise<StepRecord> {
  const { options, step, learningRate, progress, warn } = context;
  const { learner, promptsPerStep } = options;
  const clock = startPhaseClock();

  const sampled = await sampleRound(context, 0, clock);
  refuseUnscored(context, algorithm, sampled);
  let resampleRounds = 0;
  while (resampleRounds < options.maxResampleRounds && !algorithm.hasEnoughSignal(sampled, promptsPerStep)) {
    resampleRounds += 1;
    sampled.push(...(await sampleRound(context, resampleRounds, clock)));
    refuseUnscored(context, algorithm, sampled);
  }
  rewardFailures(sampled).warnings.forEach(warn);

  const selected = algorithm.select(sampled, promptsPerStep);
  const { batch: weighed, signal: weighedSignal } = algorithm.weigh(selected, sampled);
  const signal = withTruncation(weighedSignal, selected);
  const batch = atTemperature(weighed, options.sampling.temperature);
  let update = noUpdate;
  if (signal.zeroLossReason === null) {
    progress("learn");
    update = await clock.time("learn", () => learnBatch(learner, algorithm, batch, learningRate));
  } else {
    warn(`no update: ${signal.zeroLossReason}`);
  }

  const record: StepRecord = {
    stage: "train",
    step,
    learningRate,
    ...update,
    seconds: clock.read(),
    signal: signalLedger(signal, sampled, selected, resampleRounds),
    rollouts: rolloutStatistics(sampled),
  };
  context.keep(sampled, batch);
  return record;
}

/** Completions that were all cut at the token limit explain equal rewards better than anything else. */
function withTruncation(signal: GroupSignal, groups: readonly ScoredGroup[]): GroupSignal {
  const rollouts = groups.flatMap((group) => group.rollouts);
  const allCut = rollouts.every(({ rollout }) => rollout.finishReason === "length");
  return signal.zeroLossReason !== null && rollouts.length > 0 && allCut
    ? {
        ...signal,
        zeroLossReason: `${signal.zeroLossReason}; every completion was cut at the token limit, sampling.maxTokens`,
      }
    : signal;
}

/** The next B prompts, G completions of each, and what the rewards say. */
async function sampleRound(context: StepContext, round: number, clock: PhaseClock): Promise<ScoredGroup[]> {
  const { options, step, cursor, progress, warn } = context;
  const { sampler, codec, task } = options;
  const prompts = drawPrompts(cursor, options.promptsPerStep, codec, options, warn);
  const requests = prompts.map(({ tokenIds }, index) => ({
    promptTokenIds: tokenIds,
    count: options.completionsPerPrompt,
    seed: hashSeed(options.seed, step, round, index),
  }));
  progress("sample");
  const completions = await clock.time("sample", () =>
    sampler.sample(requests, withTaskStops(options.sampling, task), {
      onProgress: (sample) => progress("sample", sample),
    }),
  );
  progress("score");
  const groups = await clock.time("score", () =>
    Promise.all(prompts.map((prompt, index) => scoreGroup(task, codec, prompt, completions[index]))),
  );
  cursor.observe(groups);
  return groups;
}

/**
 * A reward that fails now and then is data; one that fails most of the time would teach something else. What it failed on
 * is kept, to mend it by.
 */
function refuseUnscored(
  { options, step, keep, warn }: TrainStepContext,
  algorithm: Algorithm,
  sampled: readonly ScoredGroup[],
): void {
  const { share, firstReason, warnings } = rewardFailures(sampled);
  if (share > options.unscoredShareLimit) {
    const selected = algorithm.select(sampled, options.promptsPerStep);
    keep(sampled, algorithm.weigh(selected, sampled).batch);
    warnings.forEach(warn);
    const percent = (value: number) => `${Math.round(value * 1000) / 10}%`;
    throw new DataError(
      `step ${step} was not learned from: ${percent(share)} of its completions have no reward, the limit is ${percent(options.unscoredShareLimit)}; first reason: ${firstReason}; mend the reward or raise unscoredShareLimit, then resume`,
    );
  }
}
