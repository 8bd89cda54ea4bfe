import type { Codec } from "../compute/codec.ts";
import type { Sampler, SamplingParameters } from "../compute/sampler.ts";
import type { Metrics, Problem, ScoredGroup, ScoredRollout } from "../pipeline.ts";
import { hashSeed } from "../random.ts";
import type { Task } from "../tasks/task.ts";
import { encodePromptWithin } from "./encode-prompt.ts";
import { mean, rewardMeans } from "./reward-means.ts";
import { scoreGroup } from "./score-group.ts";

export interface EvaluateOptions {
  sampler: Sampler;
  codec: Codec;
  task: Task;
  problems: readonly Problem[];
  /** Taken as given, plus the task's own stop strings; see `greedy`. */
  sampling: SamplingParameters;
  /** A longer prompt is a `DataError`; unlimited if left out. */
  maxPromptTokens?: number;
  /** Completions a problem; 1 if left out. */
  completionsPerProblem?: number;
  /** Problems a call of the sampler; 64 if left out. */
  batchSize?: number;
  /** Of the draws; 0 if left out. Greedy choices need none. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface Evaluation {
  /** One group a problem, in the order of `problems`. */
  results: ScoredGroup[];
  /**
   * The mean of each reward by its name (`accuracy`, ...) and of their weighted sum (`reward`) over the completions that
   * they could score, absent where there is none; `unscoredShare`, `truncatedShare`, and `completionLength` in tokens.
   */
  metrics: Metrics;
}

/** The same limits, but the most likely token every time. */
export function greedy(sampling: SamplingParameters): SamplingParameters {
  return { ...sampling, temperature: 0, topK: 0, topP: 1, minP: 0 };
}

/** The sampling parameters with the text that ends a completion of this task. */
export function withTaskStops(sampling: SamplingParameters, task: Task): SamplingParameters {
  return { ...sampling, stop: [...new Set([...sampling.stop, ...task.stop])] };
}

/** Asks the policy every problem and scores its answers. Learns nothing. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { sampler, codec, task, problems, batchSize = 64, seed = 0, signal } = options;
  const maxPromptTokens = options.maxPromptTokens ?? Number.POSITIVE_INFINITY;
  const sampling = withTaskStops(options.sampling, task);
  const prompts = problems.map((problem) => encodePromptWithin(codec, problem, maxPromptTokens));
  const results: ScoredGroup[] = [];
  for (let first = 0; first < prompts.length; first += batchSize) {
    const batch = prompts.slice(first, first + batchSize);
    const requests = batch.map(({ tokenIds }, index) => ({
      promptTokenIds: tokenIds,
      count: options.completionsPerProblem ?? 1,
      seed: hashSeed(seed, first + index),
    }));
    const completions = await sampler.sample(requests, sampling, signal && { signal });
    const scored = batch.map((prompt, index) => scoreGroup(task, codec, prompt, completions[index]));
    results.push(...(await Promise.all(scored)));
    options.onProgress?.({ done: results.length, total: prompts.length });
  }
  return {
    results,
    metrics: evaluationMetrics(results.flatMap(({ rollouts }) => rollouts)),
  };
}

function evaluationMetrics(rollouts: readonly ScoredRollout[]): Metrics {
  if (rollouts.length === 0) {
    return {};
  }
  const share = (test: (rollout: ScoredRollout) => boolean) => rollouts.filter(test).length / rollouts.length;
  const { reward, rewards } = rewardMeans(rollouts);
  return {
    ...rewards,
    ...(reward !== null && { reward }),
    unscoredShare: share(({ score }) => score.kind !== "value"),
    truncatedShare: share(({ rollout }) => rollout.finishReason === "length"),
    completionLength: mean(rollouts.map(({ rollout }) => rollout.tokenIds.length)),
  };
}
