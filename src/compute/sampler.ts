import type { FinishReason } from "../pipeline.ts";

/** Between 0 and 1e-6 logits would be divided out of the range of a float32. */
export const temperatures = {
  holds: (value: number): boolean => value === 0 || (value >= 1e-6 && value <= 1e6),
  range: "0 for the most likely token or from 1e-6 to 1e6",
};

/** How tokens are drawn. Filters apply in the order of transformers: penalty, temperature, top-k, top-p, min-p. */
export interface SamplingParameters {
  /** 0 takes the most likely token. */
  temperature: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: number;
  /** Keep the smallest set of tokens with at least this much probability; 1 keeps all. */
  topP: number;
  /** Keep tokens with at least this share of the most likely token's probability; 0 keeps all. */
  minP: number;
  /** Divides positive and multiplies negative logits of tokens already seen, prompt included; 1 changes nothing. */
  repetitionPenalty: number;
  /** The completion is cut after this many tokens, the end token included. */
  maxTokens: number;
  /** The completion ends once its text contains one of these. */
  stop: readonly string[];
}

/** `count` completions of one prompt. Draws depend on the seed and the completion's index alone, not on the batch. */
export interface SampleRequest {
  promptTokenIds: readonly number[];
  count: number;
  seed: number;
}

/** One completion; the arrays are aligned with its tokens, the end token included. */
export interface SampledCompletion {
  tokenIds: number[];
  /** Under the distribution the token was drawn from, after temperature and filters (0 for a greedy choice). */
  logprobs: number[];
  /** Entropy in nats of that distribution. */
  entropies: number[];
  finishReason: FinishReason;
}

export interface SampleProgress {
  completionTokens: number;
  finished: number;
  total: number;
}

/** A token as it is drawn: of completion `completion` of request `request`, both counted from 0. */
export interface DrawnToken {
  request: number;
  completion: number;
  tokenId: number;
}

/** A completion that has ended: `completion` of request `request`, both counted from 0. */
export interface FinishedCompletion {
  request: number;
  completion: number;
  sampled: SampledCompletion;
}

export interface SampleOptions {
  /** Ends sampling with an `AbortError`. */
  signal?: AbortSignal;
  onProgress?: (progress: SampleProgress) => void;
  /** Told every token, the end token included, in the order in which they are drawn. */
  onToken?: (token: DrawnToken) => void;
  /** Told every completion as soon as it has ended, in whatever order they do. */
  onCompletion?: (finished: FinishedCompletion) => void;
}

/** Draws completions from the current policy. */
export interface Sampler {
  /** Answers in the order of the requests, `count` completions each. */
  sample(
    requests: readonly SampleRequest[],
    parameters: SamplingParameters,
    options?: SampleOptions,
  ): Promise<SampledCompletion[][]>;
}
