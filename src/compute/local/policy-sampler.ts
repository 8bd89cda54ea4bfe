import { ConfigError } from "../../errors.ts";
import type {
  DrawnToken,
  FinishedCompletion,
  SampledCompletion,
  SampleProgress,
  SampleRequest,
  SamplingParameters,
} from "../sampler.ts";
import { createCellChooser, createCells } from "./completion-cell.ts";
import { planWaves } from "./decode-layouts.ts";
import type { Policy } from "./policy.ts";
import { createWaveDecoder, type WaveOptions } from "./wave-decoder.ts";
import { createPanelUpdate, withSamplingPanels } from "./weight-panels.ts";

export interface SamplerOptions {
  endTokenIds: readonly number[];
  /** The text in which stop strings are sought; with special tokens in it these can be some. */
  decode: (tokenIds: readonly number[]) => string;
  /** Completions that are decoded at once. */
  maxRows: number;
}

export interface SampleHooks {
  onProgress?: (progress: SampleProgress) => void;
  onToken?: (token: DrawnToken) => void;
  onCompletion?: (finished: FinishedCompletion) => void;
  /** Asked once a step; true ends sampling with an error. */
  aborted?: () => boolean;
}

/** The sampler as it runs beside the engine, reading the learner's weights where they are. One call at a time. */
export interface PolicySampler {
  sample(
    requests: readonly SampleRequest[],
    parameters: SamplingParameters,
    hooks?: SampleHooks,
  ): SampledCompletion[][];
  free(): void;
}

/** Bytes that compiled layouts may hold for the waves to come, unless one wave needs more. */
export const keptBytes = 2 ** 28;

export function createPolicySampler(policy: Policy, options: SamplerOptions): PolicySampler {
  const { endTokenIds, decode, maxRows } = options;
  const inPanels = withSamplingPanels(policy);
  const panels = createPanelUpdate(inPanels);
  const decoder = createWaveDecoder(inPanels, keptBytes);
  return {
    sample: (requests, parameters, hooks = {}) => {
      checkLengths(policy, requests, parameters);
      panels.run();
      const groups = requests.map((request, index) => ({
        ...request,
        cells: createCells(request, index, parameters.stop, decode),
      }));
      const waveOptions: WaveOptions = {
        parameters,
        endTokens: new Set(endTokenIds),
        choose: createCellChooser(parameters, policy.model.dimensions.vocabularySize),
        onStep: reportTo(hooks, requests),
      };
      for (const wave of planWaves(policy.model, groups, parameters.maxTokens, maxRows)) {
        decoder.decode(
          wave.map(({ cells }) => cells),
          waveOptions,
        );
      }
      return groups.map(({ cells }) => cells.map(({ completion }) => completion));
    },
    free: () => {
      decoder.free();
      panels.free();
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
