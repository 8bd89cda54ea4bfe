import type { TrainingBatch } from "../pipeline.ts";

export interface ForwardBackwardResult {
  /** `-sum(weight * logprob)` over the batch. */
  loss: number;
  /** Log-probabilities [group][completion][token] under the policy; null where all weights are 0 and no pass was made. */
  logprobs: (readonly number[] | null)[][];
  /** Tokens that went through the model, shared prompts counted once. */
  tokens: number;
}

export interface OptimStepResult {
  /** L2 norm of all gradients together, before clipping. */
  gradientNorm: number;
}

/** Holds the trainable policy. Gradients add up over calls of `forwardBackward` until `optimStep` applies and clears them. */
export interface Learner {
  forwardBackward(batch: TrainingBatch): Promise<ForwardBackwardResult>;
  optimStep(options: { learningRate: number }): Promise<OptimStepResult>;
  /** Writes the model folder (Hugging Face layout) and the optimizer state into `directory`, which exists. */
  save(directory: string): Promise<void>;
  /** Restores what `save` wrote, bit for bit. */
  load(directory: string): Promise<void>;
}
