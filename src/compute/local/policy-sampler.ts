import { ConfigError } from "../../errors.ts";
import type {
  DrawnToken,
  FinishedCompletion,
  SampledCompletion,
  SampleProgress,
  SampleRequest,
  SamplingParameters,
} from "../sampler.ts";
import { createCompilePool } from "./compile-pool.ts";
import { createCellChooser, createCells } from "./completion-cell.ts";
import { planWaves } from "./decode-layouts.ts";
import type { Policy } from "./policy.ts";
import { settleAll } from "./settle-all.ts";
import { createWaveDecoder, type WaveOptions } from "./wave-decoder.ts";

export interface SamplerOptions {
  endTokenIds: readonly number[];
  decode: (tokenIds: readonly number[]) => string;
  /** Completions that are decoded at once. */
  maxRows: number;
  /** Waves that are decoded side by side, a thread each; with 1, all threads share every operator instead. */
  lanes: number;
}

export interface SampleHooks {
  onProgress?: (progress: SampleProgress) => void;
  onToken?: (token: DrawnToken) => void;
  onCompletion?: (finished: FinishedCompletion) => void;
  /** Asked once a token; true ends sampling with an error. */
  aborted?: () => boolean;
}

/** The sampler as it runs beside the engine, reading the learner's weights where they are. One call at a time. */
export interface PolicySampler {
  sample(
    requests: readonly SampleRequest[],
    parameters: SamplingParameters,
    hooks?: SampleHooks,
  ): Promise<SampledCompletion[][]>;
  free(): void;
}

/** Bytes that compiled layouts may hold for the waves to come, unless one wave needs more. */
export const keptBytes = 2 ** 28;

export function createPolicySampler(policy: Policy, options: SamplerOptions): PolicySampler {
  const { endTokenIds, decode, maxRows, lanes } = options;
  const pool = createCompilePool(policy.backend);
  const decoders = Array.from({ length: lanes }, () => createWaveDecoder(policy, pool, keptBytes / lanes));
  return {
    sample: async (requests, parameters, hooks = {}) => {
      checkLengths(policy, requests, parameters);
      const groups = requests.map((request, index) => ({
        ...request,
        cells: createCells(request, index, parameters.stop, decode),
      }));
      const waves = planWaves(policy.model, groups, parameters.maxTokens, { maxRows, lanes });
      /** Of one wave, which ends the others. */
      let failure: { reason: unknown } | undefined;
      const report = reportTo(hooks, requests);
      const waveOptions: WaveOptions = {
        parameters,
        endTokens: new Set(endTokenIds),
        choose: createCellChooser(parameters, policy.model.dimensions.vocabularySize),
        parallelism: Math.min(waves.length, lanes) > 1 ? "graphs" : "operators",
        onStep: (grown) => {
          if (failure !== undefined) {
            throw failure.reason;
          }
          report(grown);
        },
      };
      const queue = waves.values();
      await settleAll(
        decoders.map(async (decoder) => {
          for (const wave of queue) {
            await decoder
              .decode(
                wave.map(({ cells }) => cells),
                waveOptions,
              )
              .catch((reason: unknown) => {
                failure ??= { reason };
                throw failure.reason;
              });
          }
        }),
      );
      return groups.map(({ cells }) => cells.map(({ completion }) => completion));
    },
    free: () => {
      for (const decoder of decoders) {
        decoder.free();
      }
    },
  };
}

/** Tells the hooks what each step added; throws once they ask to stop. */
function reportTo(hooks: SampleHooks, requests: readonly SampleRequest[]): WaveOptions["onStep"] {
  const total = requests.reduce((sum, { count }) => sum + count, 0);
  const progress = { completionTokens: 0, finished: 0, total };
  return (grown) => {
    for (const { request, index, completion: sampled, finished } of grown) {
      hooks.onToken?.({ request, completion: index, tokenId: sampled.tokenIds.at(-1)! });
      progress.completionTokens++;
      if (finished) {
        progress.finished++;
        hooks.onCompletion?.({ request, completion: index, sampled });
      }
    }
    hooks.onProgress?.(progress);
    if (hooks.aborted?.()) {
      throw new DOMException("sampling was aborted", "AbortError");
    }
  };
}

function checkLengths(
  policy: Policy,
  requests: readonly SampleRequest[],
  { maxTokens }: SamplingParameters,
): void {
  const { maxPositions } = policy.model.dimensions;
  for (const { promptTokenIds } of requests) {
    if (promptTokenIds.length === 0) {
      throw new ConfigError("a prompt has no tokens; give the model at least one");
    }
    if (promptTokenIds.length + maxTokens > maxPositions) {
      throw new ConfigError(
        `a prompt of ${promptTokenIds.length} tokens and maxTokens ${maxTokens} exceed the model's ` +
          `${maxPositions} positions; shorten the prompt or lower maxTokens`,
      );
    }
  }
}
