import { ConfigError } from "../errors.ts";

/** Share of the peak learning rate left `done` steps after the warmup, of `span` that follow it (none if negative). */
const decays = {
  constant: () => 1,
  constant_with_warmup: () => 1,
  linear: (done: number, span: number) => Math.max(0, (span - done) / Math.max(1, span)),
  cosine: halfCosine,
  cosine_with_min_lr: halfCosine,
};

export type ScheduleName = keyof typeof decays;

export const scheduleNames = Object.keys(decays) as readonly ScheduleName[];

export interface ScheduleOptions {
  name: ScheduleName;
  /** The peak, reached when the warmup ends. */
  learningRate: number;
  /** Steps over which the learning rate rises linearly from 0; at most one of the two, default none. */
  warmupSteps?: number | undefined;
  /** The same as a share of all steps, rounded up. */
  warmupRatio?: number | undefined;
  /** Where `cosine_with_min_lr` ends; it needs exactly one of the two. */
  minLearningRate?: number | undefined;
  /** The same as a share of `learningRate`. */
  minLearningRateRatio?: number | undefined;
}

/**
 * The learning rate of the step-th optimizer step, counted from 1, as transformers' `get_scheduler` defines it:
 * with a warmup the first step's is 0.
 */
export function createSchedule(options: ScheduleOptions, totalSteps: number): (step: number) => number {
  checkOptions(options, totalSteps);
  const { name, learningRate, warmupSteps, warmupRatio = 0 } = options;
  const warmup = warmupSteps ?? Math.ceil(totalSteps * warmupRatio);
  const floor = minimumRatio(options);
  const decay = decays[name];
  return (step) => {
    const done = step - 1;
    if (done < warmup) {
      return (learningRate * done) / warmup;
    }
    const share = decay(done - warmup, totalSteps - warmup);
    return learningRate * (share * (1 - floor) + floor);
  };
}

function halfCosine(done: number, span: number): number {
  return 0.5 * (1 + Math.cos((Math.PI * done) / Math.max(1, span)));
}

function minimumRatio({ learningRate, minLearningRate, minLearningRateRatio = 0 }: ScheduleOptions): number {
  return minLearningRate === undefined ? minLearningRateRatio : minLearningRate / learningRate;
}

function checkOptions(options: ScheduleOptions, totalSteps: number): void {
  const problem = scheduleProblem(options);
  if (problem !== null) {
    throw new ConfigError(`the learning-rate schedule ${problem}`);
  }
  if (!(Number.isInteger(totalSteps) && totalSteps >= 0)) {
    throw new ConfigError(`the learning-rate schedule needs a whole number of steps, not ${totalSteps}`);
  }
}

/** What no run could use of the options, and the way out; null where they fit. */
export function scheduleProblem(options: ScheduleOptions): string | null {
  const { name, learningRate, warmupSteps, warmupRatio, minLearningRate, minLearningRateRatio } = options;
  if (!Object.hasOwn(decays, name)) {
    return `${name} does not exist; choose one of ${scheduleNames.join(", ")}`;
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    return `${name} needs a learningRate above 0, not ${learningRate}`;
  }
  if (warmupSteps !== undefined && warmupRatio !== undefined) {
    return `${name} takes warmupSteps or warmupRatio, not both`;
  }
  if (warmupSteps !== undefined && !(Number.isInteger(warmupSteps) && warmupSteps >= 0)) {
    return `${name} needs a whole number of warmupSteps, not ${warmupSteps}`;
  }
  if (warmupRatio !== undefined && !(warmupRatio >= 0 && warmupRatio <= 1)) {
    return `${name} needs a warmupRatio from 0 to 1, not ${warmupRatio}`;
  }
  if (name === "constant" && ((warmupSteps ?? 0) > 0 || (warmupRatio ?? 0) > 0)) {
    return `${name} has no warmup; choose constant_with_warmup or remove warmupSteps and warmupRatio`;
  }
  const minimums = [minLearningRate, minLearningRateRatio].filter((value) => value !== undefined);
  if (name === "cosine_with_min_lr" && minimums.length !== 1) {
    return `${name} needs exactly one of minLearningRate and minLearningRateRatio`;
  }
  if (name !== "cosine_with_min_lr" && minimums.length > 0) {
    return `${name} has no minimum; choose cosine_with_min_lr or remove minLearningRate and minLearningRateRatio`;
  }
  const floor = minimumRatio(options);
  return floor >= 0 && floor <= 1
    ? null
    : `${name} needs a minimum from 0 to learningRate ${learningRate}, not ${minLearningRate ?? minLearningRateRatio}`;
}
