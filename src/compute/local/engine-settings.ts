import { type LanguageModel, parameterCount } from "../../models/model.ts";
import type { AdamWOptions } from "../../optim/adamw.ts";
import { defaultThreads } from "./local-model.ts";
import type { LearnerOptions } from "./policy-learner.ts";

export interface EngineOptions {
  optimizer?: Partial<AdamWOptions> & { maxGradientNorm?: number | null };
  /**
   * Rows (tokens and padding) of a forward and backward pass: more takes more memory, never another update. Without it,
   * what runs fastest for the size of the model, which joins fewer groups than it has room for.
   */
  microBatchTokens?: number;
  /** Keeps only the hidden states between layers: a fraction of the memory for a third more products. */
  gradientCheckpointing?: boolean;
  /** Completions that are decoded at once. */
  samplerRows?: number;
  /** Threads that share one operator; the machine's cores by default. */
  threads?: number;
  /** Keeps a reference policy for a KL term: a copy of the weights where there is no adapter. */
  reference?: boolean;
}

/** What learner and sampler are made with. */
export interface EngineSettings {
  learner: LearnerOptions;
  /** Completions that are decoded at once. */
  samplerRows: number;
  threads: number;
  reference: boolean;
}

const defaultSamplerRows = 256;

/** Fills in the defaults for a model. */
export function engineSettings(
  options: EngineOptions,
  model: Pick<LanguageModel, "parameters" | "dimensions">,
): EngineSettings {
  const {
    betas = [0.9, 0.999],
    epsilon = 1e-8,
    weightDecay = 0,
    maxGradientNorm = 1,
    statePrecision = "float32",
    seed = 0,
  } = options.optimizer ?? {};
  const threads = options.threads ?? defaultThreads();
  const lanes = lanesFor(parameterCount(model), threads);
  return {
    learner: {
      adamw: { betas, epsilon, weightDecay, statePrecision, seed },
      maxGradientNorm,
      ...(options.microBatchTokens === undefined
        ? microBatchLimitsFor(model, lanes)
        : { microBatchTokens: options.microBatchTokens }),
      lanes,
      gradientCheckpointing: options.gradientCheckpointing ?? false,
    },
    samplerRows: options.samplerRows ?? defaultSamplerRows,
    threads,
    reference: options.reference ?? false,
  };
}

/** Gradients of all lanes together stay below this; a larger model divides operators instead, which it has the size for. */
const gradientBytes = 2 ** 29;
/** Lanes run on the threads of libuv's pool, which are this many unless the environment says otherwise. */
const mostLanes = 4;

function lanesFor(parameters: number, threads: number): number {
  const bytesPerParameter = 4;
  const small = parameters * bytesPerParameter * threads <= gradientBytes;
  return small && threads <= mostLanes ? threads : 1;
}

const wholeMachineRows = 2048;
/**
 * Rows of a lane whose widest activation has so many values stay in the cache, where products of small models run a tenth
 * faster. Groups are joined up to fewer rows than they are divided from, for each part has its prompt again.
 */
const rowsPerLane = {
  divided: { values: 2 ** 20, fewest: 256, most: 1024 },
  joined: { values: 2 ** 19, fewest: 512, most: 1024 },
};

function microBatchLimitsFor(
  { dimensions }: Pick<LanguageModel, "dimensions">,
  lanes: number,
): Pick<LearnerOptions, "microBatchTokens" | "joinedTokens"> {
  if (lanes === 1) {
    return { microBatchTokens: wholeMachineRows };
  }
  const rows = ({ values, fewest, most }: typeof rowsPerLane.joined): number =>
    lanes * Math.max(fewest, Math.min(most, Math.floor(values / dimensions.intermediateSize)));
  return { microBatchTokens: rows(rowsPerLane.divided), joinedTokens: rows(rowsPerLane.joined) };
}
