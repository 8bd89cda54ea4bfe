import { parameterCount } from "../../models/model.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { Codec } from "../codec.ts";
import type { Learner } from "../learner.ts";
import type { Sampler } from "../sampler.ts";
import { type EngineOptions, engineSettings } from "./engine-settings.ts";
import type { GradientProducts } from "./gradient-reader.ts";
import { describeModel, type ModelDescription, type ModelSource } from "./local-model.ts";
import { adapterSize } from "./lora/adapter.ts";
import type { SavedFolderOptions } from "./saved-folder.ts";
import type { WorkerData } from "./worker.ts";
import { startWorker } from "./worker-client.ts";

export interface LocalBackendOptions extends EngineOptions {
  model: ModelSource;
  /** What `describeModel` said of the model, where that is known already. */
  description?: ModelDescription;
  /** In the place of the model's own. */
  chatTemplate?: string | null;
  /** How `save` stores the weights; as the source does by default. */
  saved?: SavedFolderOptions;
}

/** Sampler and learner on this machine: one engine in a worker thread, one set of weights for both. */
export interface LocalBackend {
  sampler: Sampler;
  learner: Learner;
  /** Measures gradients of losses against each other; see `GradientReader`. */
  gradients: {
    measure(batch: TrainingBatch, options: { keep: boolean }): Promise<GradientProducts>;
    forget(): Promise<void>;
  };
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

export async function startLocalBackend(options: LocalBackendOptions): Promise<LocalBackend> {
  const description = options.description ?? describeModel(options.model, options);
  const { name, model, codec, adapter, chatTemplate, warnings } = description;
  const parameters = parameterCount(model);
  const worker = await startWorker({
    model: options.model,
    ...engineSettings(options, model),
    saved: options.saved ?? {},
    chatTemplate: options.chatTemplate ?? null,
  } satisfies Omit<WorkerData, "aborted">);
  return {
    codec,
    model: {
      name,
      family: model.family,
      parameters,
      maxPositions: model.dimensions.maxPositions,
      hasChatTemplate: chatTemplate !== null,
      adapter: adapter && { parameters: adapterSize(model, adapter), dropout: adapter.dropout },
      warnings,
    },
    sampler: {
      sample: (requests, parameters, { signal, onProgress, onToken, onCompletion } = {}) => {
        const tells = { tokens: onToken !== undefined, completions: onCompletion !== undefined };
        return worker.call("sample", [requests, parameters, { tells }], {
          signal,
          onProgress,
          onToken,
          onCompletion,
        });
      },
    },
    learner: {
      forwardBackward: (batch) => worker.call("forwardBackward", [batch]),
      logprobs: (batch, of) => worker.call("logprobs", [batch, of]),
      optimStep: (step) => worker.call("optimStep", [step]),
      save: (directory) => worker.call("save", [directory]),
      load: (directory) => worker.call("load", [directory]),
      freezeReference: (directory) => worker.call("freezeReference", [directory]),
      loadReference: (directory) => worker.call("loadReference", [directory]),
    },
    gradients: {
      measure: (batch, options) => worker.call("measureGradient", [batch, options]),
      forget: () => worker.call("forgetGradients", []),
    },
    close: () => worker.close(),
  };
}
