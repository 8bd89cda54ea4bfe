import type { AdamWOptions } from "../../optim/adamw.ts";
import type { WaveLimits } from "./decode-layouts.ts";
import { defaultThreads } from "./local-model.ts";
import type { LearnerOptions } from "./policy-learner.ts";

export interface EngineOptions {
  optimizer?: Partial<AdamWOptions> & { maxGradientNorm?: number | null };
  /** Rows (tokens and padding) of a forward and backward pass: more takes more memory, never another update. */
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
  sampler: WaveLimits;
  threads: number;
  reference: boolean;
}

const defaults = { microBatchTokens: 2048, samplerRows: 256 };

/** Fills in the defaults for a model of so many parameters. */
export function engineSettings(options: EngineOptions, parameters: number): EngineSettings {
  const {
    betas = [0.9, 0.999],
    epsilon = 1e-8,
    weightDecay = 0,
    maxGradientNorm = 1,
    statePrecision = "float32",
    seed = 0,
  } = options.optimizer ?? {};
  const threads = options.threads ?? defaultThreads();
  const lanes = lanesFor(parameters, threads);
  return {
    learner: {
      adamw: { betas, epsilon, weightDecay, statePrecision, seed },
      maxGradientNorm,
      microBatchTokens: options.microBatchTokens ?? defaults.microBatchTokens,
      lanes,
      gradientCheckpointing: options.gradientCheckpointing ?? false,
    },
    sampler: { maxRows: options.samplerRows ?? defaults.samplerRows, lanes },
    threads,
    reference: options.reference ?? false,
  };
}

/** Gradients of all lanes together stay below this; a larger model divides operators instead, which it has the size for. */
const gradientBytes = 2 ** 29;
/** Lanes run on the threads of libuv's pool, which are this many unless the environment says otherwise. */
const poolThreads = 4;

function lanesFor(parameters: number, threads: number): number {
  const bytesPerParameter = 4;
  const small = parameters * bytesPerParameter * threads <= gradientBytes;
  return small && threads <= poolThreads ? threads : 1;
}
