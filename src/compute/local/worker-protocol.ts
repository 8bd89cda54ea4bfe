import * as errors from "../../errors.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import type { ForwardBackwardResult, OptimStepResult, TokenBatch } from "../learner.ts";
import type {
  DrawnToken,
  FinishedCompletion,
  SampledCompletion,
  SampleProgress,
  SampleRequest,
  SamplingParameters,
} from "../sampler.ts";
import type { GradientProducts } from "./gradient-reader.ts";

/** What the engine's worker can be asked, and what it answers. */
export interface WorkerMethods {
  /** `tells` asks for every token and every ended completion by itself. */
  sample(
    requests: readonly SampleRequest[],
    parameters: SamplingParameters,
    options: { tells: { tokens: boolean; completions: boolean } },
  ): SampledCompletion[][];
  forwardBackward(batch: TrainingBatch): Promise<ForwardBackwardResult>;
  logprobs(batch: TokenBatch, of: "policy" | "reference"): Promise<number[][][]>;
  measureGradient(batch: TrainingBatch, options: { keep: boolean }): Promise<GradientProducts>;
  forgetGradients(): void;
  optimStep(options: { learningRate: number }): OptimStepResult;
  save(directory: string): void;
  load(directory: string): void;
  freezeReference(directory: string): void;
  loadReference(directory: string): void;
}

export type WorkerMethod = keyof WorkerMethods;

export interface WorkerCall<M extends WorkerMethod = WorkerMethod> {
  id: number;
  method: M;
  values: Parameters<WorkerMethods[M]>;
}

export type WorkerAnswer =
  | { kind: "ready" }
  | { kind: "failed"; error: SerializedError }
  | { kind: "progress"; id: number; progress: SampleProgress }
  | { kind: "token"; id: number; token: DrawnToken }
  | { kind: "completion"; id: number; finished: FinishedCompletion }
  | { kind: "result"; id: number; result: unknown }
  | { kind: "error"; id: number; error: SerializedError };

/** An error as it crosses the boundary between threads, where classes are lost. */
export interface SerializedError {
  name: string;
  message: string;
  stack: string | undefined;
}

export function serializeError(error: unknown): SerializedError {
  const { name, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message: errors.errorMessage(error), stack };
}

export function reviveError({ name, message, stack }: SerializedError): Error {
  const known: Record<string, new (message: string) => Error> = {
    ConfigError: errors.ConfigError,
    DataError: errors.DataError,
    ModelError: errors.ModelError,
    CheckpointError: errors.CheckpointError,
    BackendError: errors.BackendError,
  };
  if (name === "AbortError") {
    return new DOMException(message, name);
  }
  const error = new (known[name] ?? Error)(message);
  error.stack = stack;
  return error;
}
