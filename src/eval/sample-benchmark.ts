import type { Codec } from "../compute/codec.ts";
import type {
  FinishedCompletion,
  SampledCompletion,
  SampleProgress,
  Sampler,
  SamplingParameters,
} from "../compute/sampler.ts";
import { hashSeed } from "../random.ts";
import type { AnswerRules, BenchmarkProblem } from "../tasks/benchmark/benchmark-problem.ts";
import { gradeCompletion } from "../tasks/benchmark/grade-completion.ts";
import type { FinishedProblem, JudgedCompletion } from "./finished-problem.ts";

/** A problem as the model is given it. */
export interface BenchmarkPrompt {
  problem: BenchmarkProblem;
  tokenIds: readonly number[];
}

export interface SampleBenchmarkOptions {
  sampler: Sampler;
  codec: Codec;
  prompts: readonly BenchmarkPrompt[];
  sampling: SamplingParameters;
  /** Completions a problem. */
  samples: number;
  upstreamReads: AnswerRules["upstreamReads"];
  seed: number;
  /** Completions of one problem that are asked for together; all if left out. The draws depend on it. */
  completionsPerRequest?: number;
  /** Completions a call of the sampler, about; 256 if left out. */
  completionsAtOnce?: number;
  signal?: AbortSignal;
  /** Told every problem as soon as its last completion has ended. What it throws ends the sampling. */
  onProblem: (problem: FinishedProblem) => void;
  onProgress?: (progress: SampleProgress) => void;
  /** Told what each call of the sampler drew. */
  onCallEnd?: (drawn: { completions: number; tokens: number }) => void;
}

/**
 * Draws and judges the completions of some problems. A problem's draws depend on the seed and its question alone: not on
 * which problems are asked with it, nor on what was done before.
 */
export async function sampleBenchmark(options: SampleBenchmarkOptions): Promise<void> {
  const { samples, completionsAtOnce = 256 } = options;
  // Prompts of like length decode together.
  const prompts = [...options.prompts].sort((a, b) => a.tokenIds.length - b.tokenIds.length);
  const size = Math.max(1, Math.floor(completionsAtOnce / samples));
  for (let first = 0; first < prompts.length; first += size) {
    await samplePrompts(prompts.slice(first, first + size), options);
  }
}

async function samplePrompts(
  prompts: readonly BenchmarkPrompt[],
  options: SampleBenchmarkOptions,
): Promise<void> {
  const { sampler, sampling, samples, seed, onProblem, onProgress } = options;
  const { completionsPerRequest = samples } = options;
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failure.signal]) : failure.signal;
  const finished = prompts.map((): JudgedCompletion[] => []);
  const ended = prompts.map(() => 0);
  const parts = prompts.flatMap(({ problem, tokenIds }, place) =>
    partsOf(samples, completionsPerRequest).map(({ first, count }) => ({
      place,
      first,
      request: {
        promptTokenIds: tokenIds,
        count,
        seed: hashSeed(seed, Number.parseInt(problem.key.slice(0, 8), 16), first),
      },
    })),
  );
  const onCompletion = ({ request, completion, sampled }: FinishedCompletion): void => {
    if (failure.signal.aborted) {
      return;
    }
    try {
      const { place, first } = parts[request]!;
      const { problem } = prompts[place]!;
      finished[place]![first + completion] = judge(problem, sampled, options);
      if (++ended[place]! === samples) {
        onProblem({ id: problem.id, key: problem.key, completions: finished[place]! });
      }
    } catch (error) {
      // It is told by the sampler's messages, where nobody could catch it.
      failure.abort(error);
    }
  };
  try {
    await sampler.sample(
      parts.map(({ request }) => request),
      sampling,
      { signal, onCompletion, ...(onProgress && { onProgress }) },
    );
  } catch (error) {
    failure.signal.throwIfAborted();
    throw error;
  }
  failure.signal.throwIfAborted();
  const drawn = finished.flat();
  options.onCallEnd?.({
    completions: drawn.length,
    tokens: drawn.reduce((sum, { tokens }) => sum + tokens, 0),
  });
}

function partsOf(samples: number, most: number): { first: number; count: number }[] {
  return Array.from({ length: Math.ceil(samples / most) }, (_, part) => ({
    first: part * most,
    count: Math.min(most, samples - part * most),
  }));
}

function judge(
  problem: BenchmarkProblem,
  { tokenIds, finishReason }: SampledCompletion,
  { codec, upstreamReads }: SampleBenchmarkOptions,
): JudgedCompletion {
  const text = codec.decode(tokenIds);
  return {
    text,
    tokens: tokenIds.length,
    finishReason,
    ...gradeCompletion(problem, text, upstreamReads),
  };
}
