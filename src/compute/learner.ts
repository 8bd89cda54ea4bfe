import type { Metrics, TrainingBatch } from "../pipeline.ts";

export interface ForwardBackwardResult {
  /** The batch's loss. */
  loss: number;
  /** What the loss has beside its value, means over tokens: `kl`, `clipLow`, `clipHigh`. */
  metrics: Metrics;
  /** Log-probabilities [group][completion][token] under the policy; null where nothing has a weight and no pass was made. */
  logprobs: (readonly number[] | null)[][];
  /** Tokens that went through the model, shared prompts counted once. */
  tokens: number;
}

export interface OptimStepResult {
  /** L2 norm of all gradients together, before clipping. */
  gradientNorm: number;
}

/** Completions of one prompt, as tokens alone. */
export interface TokenGroup {
  promptTokenIds: readonly number[];
  completions: readonly { tokenIds: readonly number[] }[];
}

/** Completions whose log-probabilities are asked for. */
export interface TokenBatch {
  groups: readonly TokenGroup[];
  /** As in a `TrainingBatch`. */
  temperature?: number;
}

/**
 * Holds the trainable policy, and the reference of a KL term where it was made with one: the policy as it began, without
 * its adapter. Gradients add up over calls of `forwardBackward` until `optimStep` applies and clears them, or a call fails,
 * which clears them too.
 */
export interface Learner {
  forwardBackward(batch: TrainingBatch): Promise<ForwardBackwardResult>;
  /** Log-probabilities [group][completion][token] of every token, without gradient, under the policy or the reference. */
  logprobs(batch: TokenBatch, of: "policy" | "reference"): Promise<number[][][]>;
  optimStep(options: { learningRate: number }): Promise<OptimStepResult>;
  /** Writes the model folder (Hugging Face layout) and the optimizer state into `directory`, which exists. */
  save(directory: string): Promise<void>;
  /** Restores what `save` wrote, bit for bit. The reference stays. */
  load(directory: string): Promise<void>;
  /** Makes the policy as it is now, without its adapter, the reference, and writes that into `directory`, which exists. */
  freezeReference(directory: string): Promise<void>;
  /** Restores the reference that `freezeReference` wrote, bit for bit. */
  loadReference(directory: string): Promise<void>;
}
