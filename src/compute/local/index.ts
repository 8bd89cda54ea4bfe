import type { AdamWOptions } from "../../optim/adamw.ts";
import type { Codec } from "../codec.ts";
import type { Learner } from "../learner.ts";
import type { Sampler } from "../sampler.ts";
import { defaultThreads, describeModel, type ModelDescription, type ModelSource } from "./local-model.ts";
import { adapterSize } from "./lora/adapter.ts";
import type { SavedFolderOptions } from "./saved-folder.ts";
import type { WorkerData } from "./worker.ts";
import { startWorker } from "./worker-client.ts";

export interface LocalBackendOptions {
  model: ModelSource;
  /** What `describeModel` said of the model, where that is known already. */
  description?: ModelDescription;
  optimizer?: Partial<AdamWOptions> & { maxGradientNorm?: number | null };
  /** Rows (tokens and padding) of a forward and backward pass: more takes more memory, never another update. */
  microBatchTokens?: number;
  /** Keeps only the hidden states between layers: a fraction of the memory for a third more products. */
  gradientCheckpointing?: boolean;
  /** Completions that are decoded at once. */
  samplerRows?: number;
  /** Threads that share one operator; the machine's cores by default. */
  threads?: number;
  /** How `save` stores the weights; as the source does by default. */
  saved?: SavedFolderOptions;
}

/** Sampler and learner on this machine: one engine in a worker thread, one set of weights for both. */
export interface LocalBackend {
  sampler: Sampler;
  learner: Learner;
  codec: Codec;
  model: {
    name: string;
    family: string;
    parameters: number;
    maxPositions: number;
    hasChatTemplate: boolean;
    /** null where the model's own parameters are trained. */
    adapter: { parameters: number; dropout: number } | null;
    /** What a user should know about the model's folder, one line each. */
    warnings: readonly string[];
  };
  close(): Promise<void>;
}

const defaults = { microBatchTokens: 2048, samplerRows: 256 };

export async function startLocalBackend(options: LocalBackendOptions): Promise<LocalBackend> {
  const description = options.description ?? describeModel(options.model);
  const { name, model, codec, adapter, hasChatTemplate, warnings } = description;
  const {
    betas = [0.9, 0.999],
    epsilon = 1e-8,
    weightDecay = 0,
    maxGradientNorm = 1,
    statePrecision = "float32",
    seed = 0,
  } = options.optimizer ?? {};
  const sizes = model.parameters.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const parameters = sizes.reduce((total, size) => total + size, 0);
  const threads = options.threads ?? defaultThreads();
  const worker = await startWorker({
    model: options.model,
    learner: {
      adamw: { betas, epsilon, weightDecay, statePrecision, seed },
      maxGradientNorm,
      microBatchTokens: options.microBatchTokens ?? defaults.microBatchTokens,
      lanes: lanesFor(parameters, threads),
      gradientCheckpointing: options.gradientCheckpointing ?? false,
    },
    sampler: { maxRows: options.samplerRows ?? defaults.samplerRows },
    saved: options.saved ?? {},
    threads,
  } satisfies Omit<WorkerData, "flag">);
  return {
    codec,
    model: {
      name,
      family: model.family,
      parameters,
      maxPositions: model.dimensions.maxPositions,
      hasChatTemplate,
      adapter: adapter && { parameters: adapterSize(model, adapter), dropout: adapter.dropout },
      warnings,
    },
    sampler: {
      sample: (requests, parameters, { signal, onProgress, onToken } = {}) =>
        worker.call("sample", [requests, parameters, { streams: onToken !== undefined }], {
          signal,
          onProgress,
          onToken,
        }),
    },
    learner: {
      forwardBackward: (batch) => worker.call("forwardBackward", [batch]),
      optimStep: (step) => worker.call("optimStep", [step]),
      save: (directory) => worker.call("save", [directory]),
      load: (directory) => worker.call("load", [directory]),
    },
    close: () => worker.close(),
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
