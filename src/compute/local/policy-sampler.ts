import { ConfigError } from "../../errors.ts";
import { hashSeed, uniform } from "../../random.ts";
import type {
  DrawnToken,
  FinishedCompletion,
  SampledCompletion,
  SampleProgress,
  SampleRequest,
  SamplingParameters,
} from "../sampler.ts";
import { createCompiledCache } from "./compiled-cache.ts";
import { firstLayout, nextLayout, planWaves, rearrange, type WaveGrid, waveBytes } from "./decode-layouts.ts";
import {
  createDecodeSession,
  createPrefill,
  type DecodeSession,
  type Prefill,
  prefillPrompts,
} from "./decode-session.ts";
import type { TokenChoice } from "./draw.ts";
import type { DecodeLayout } from "./generation-graphs.ts";
import { moveCaches } from "./key-value-caches.ts";
import type { Policy } from "./policy.ts";
import { drawFromProbabilities } from "./probability-draw.ts";
import { createStopDetector, type StopDetector } from "./stop-strings.ts";
import { createTokenChooser } from "./token-choice.ts";

export interface SamplerOptions {
  endTokenIds: readonly number[];
  decode: (tokenIds: readonly number[]) => string;
  /** Completions that are decoded at once. */
  maxRows: number;
}

export interface SampleHooks {
  onProgress?: (progress: SampleProgress) => void;
  onToken?: (token: DrawnToken) => void;
  onCompletion?: (finished: FinishedCompletion) => void;
  /** Asked once a token; true ends sampling with an error. */
  aborted?: () => boolean;
}

/** The sampler as it runs beside the engine: synchronous, reading the learner's weights where they are. */
export interface PolicySampler {
  sample(
    requests: readonly SampleRequest[],
    parameters: SamplingParameters,
    hooks?: SampleHooks,
  ): SampledCompletion[][];
  free(): void;
}

/** A completion in the making. */
interface Cell {
  /** Index of its request, and its own among the completions of that. */
  request: number;
  index: number;
  promptTokenIds: readonly number[];
  seed: number;
  completion: SampledCompletion;
  stop: StopDetector;
  finished: boolean;
}

const compiledLayouts = 16;
/** Bytes that layouts may hold for the waves to come, unless one wave needs more. */
const keptBytes = 2 ** 28;

export function createPolicySampler(policy: Policy, options: SamplerOptions): PolicySampler {
  let mostBytes = keptBytes;
  const sessions = createCompiledCache<DecodeSession>(compiledLayouts, {
    of: ({ bytes }) => bytes,
    most: () => mostBytes,
  });
  const prefills = createCompiledCache<Prefill>(compiledLayouts);
  const sessionFor = (layout: DecodeLayout): DecodeSession =>
    sessions.get(JSON.stringify(layout), () => createDecodeSession(policy, layout));

  return {
    sample: (requests, parameters, hooks = {}) => {
      checkLengths(policy, requests, parameters);
      const progress = {
        completionTokens: 0,
        finished: 0,
        total: requests.reduce((n, { count }) => n + count, 0),
      };
      const results = new Map<SampleRequest, SampledCompletion[]>();
      for (const wave of planWaves(policy.model, requests, parameters.maxTokens, options.maxRows)) {
        const cells = wave.map((request) => {
          const place = requests.indexOf(request);
          return Array.from({ length: request.count }, (_, index) => ({
            request: place,
            index,
            ...newCell(request, index, parameters, options),
          }));
        });
        decodeWave(cells, parameters, progress, hooks);
        wave.forEach((request, index) => {
          results.set(
            request,
            cells[index].map(({ completion }) => completion),
          );
        });
      }
      return requests.map((request) => results.get(request)!);
    },
    free: () => {
      sessions.clear();
      prefills.clear();
    },
  };

  /** Decodes a grid of prompts and completions to their ends; `grid[p][g]`. */
  function decodeWave(
    grid: Cell[][],
    parameters: SamplingParameters,
    progress: SampleProgress,
    hooks: SampleHooks,
  ): void {
    const choose = createChooser(parameters, policy.model.dimensions.vocabularySize);
    const endTokens = new Set(options.endTokenIds);
    const shape = shapeOf(grid);
    mostBytes = Math.max(mostBytes, waveBytes(policy.model, shape, parameters.maxTokens));
    let session = sessionFor(firstLayout(shape, parameters));
    /** The cell in each place of the session's grid; null where there is none. */
    let places: (Cell | null)[] = grid.flat();
    const enter = (usedSlots: number): void => {
      session.setTemperature(parameters.temperature);
      session.resetMask(contextsOf(places, session.caches.layout), usedSlots);
    };
    prefill(grid, session);
    enter(0);

    for (let step = 0; places.some((cell) => cell !== null); step++) {
      if (hooks.aborted?.()) {
        throw new DOMException("sampling was aborted", "AbortError");
      }
      fillRows(session, places, step);
      session.step(step);
      places.forEach((cell, place) => {
        if (cell !== null) {
          const choice = choose(session, cell, place);
          extend(cell, choice, endTokens, parameters);
          hooks.onToken?.({ request: cell.request, completion: cell.index, tokenId: choice.tokenId });
          progress.completionTokens++;
          if (cell.finished) {
            progress.finished++;
            hooks.onCompletion?.({
              request: cell.request,
              completion: cell.index,
              sampled: cell.completion,
            });
          }
        }
      });
      hooks.onProgress?.(progress);
      places = places.map((cell) => (cell?.finished ? null : cell));
      const { layout } = session.caches;
      const next = nextLayout(layout, places, step + 1, parameters.maxTokens);
      if (next !== null) {
        const cells = rearrange(places, layout, next);
        const nextSession = sessionFor(next);
        moveCaches(session.caches, nextSession.caches, cells, step + 1);
        places = Array.from(cells, (cell) => (cell < 0 ? null : places[cell]));
        session = nextSession;
        enter(step + 1);
      }
    }
  }

  function prefill(grid: Cell[][], session: DecodeSession): void {
    const { layout } = session.caches;
    if (layout.promptLength > 0) {
      const prompts = prefillPrompts(layout);
      prefills
        .get(`${prompts}x${layout.promptLength}`, () => createPrefill(policy, prompts, layout.promptLength))
        .run(
          grid.map(([{ promptTokenIds }]) => promptTokenIds.slice(0, -1)),
          session.caches,
        );
    }
  }
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

function newCell(
  { promptTokenIds, seed }: SampleRequest,
  index: number,
  { stop }: SamplingParameters,
  { decode }: SamplerOptions,
): Omit<Cell, "request" | "index"> {
  return {
    promptTokenIds,
    seed: hashSeed(seed, index),
    completion: { tokenIds: [], logprobs: [], entropies: [], finishReason: "length" },
    stop: createStopDetector(stop, decode),
    finished: false,
  };
}

function shapeOf(grid: Cell[][]): WaveGrid {
  const lengths = grid.map(([{ promptTokenIds }]) => promptTokenIds.length);
  return { prompts: grid.length, longestPrompt: Math.max(...lengths), completions: grid[0].length };
}

/** How the next token of a cell is chosen from what its session computed. */
function createChooser(
  parameters: SamplingParameters,
  vocabularySize: number,
): (session: DecodeSession, cell: Cell, place: number) => TokenChoice {
  const choose = createTokenChooser(parameters, vocabularySize);
  return ({ scores, entropies }, { promptTokenIds, completion, seed }, place) => {
    const random = uniform(seed, completion.tokenIds.length);
    if (entropies === null) {
      return choose(scores, place, promptTokenIds, completion.tokenIds, random);
    }
    const tokenId = drawFromProbabilities(scores, place, vocabularySize, random);
    const probability = scores[place * vocabularySize + tokenId];
    return { tokenId, logprob: Math.log(probability), entropy: entropies[place] };
  };
}

function contextsOf(places: readonly (Cell | null)[], { prompts, completions }: DecodeLayout): number[] {
  return Array.from({ length: prompts }, (_, prompt) => {
    const cell = places.slice(prompt * completions, (prompt + 1) * completions).find((c) => c !== null);
    return cell ? cell.promptTokenIds.length - 1 : 0;
  });
}

/** Each completion's newest token; the last prompt token at first, which the prefill left for here. */
function fillRows(session: DecodeSession, places: readonly (Cell | null)[], step: number): void {
  places.forEach((cell, place) => {
    const token = cell === null ? 0 : (cell.completion.tokenIds.at(-1) ?? cell.promptTokenIds.at(-1)!);
    session.tokenIds[place] = BigInt(token);
    session.positions[place] = BigInt(cell === null ? 0 : cell.promptTokenIds.length - 1 + step);
  });
}

function extend(
  cell: Cell,
  { tokenId, logprob, entropy }: TokenChoice,
  endTokens: ReadonlySet<number>,
  { maxTokens }: SamplingParameters,
): void {
  const { completion } = cell;
  completion.tokenIds.push(tokenId);
  completion.logprobs.push(logprob);
  completion.entropies.push(entropy);
  if (endTokens.has(tokenId) || cell.stop.push(tokenId)) {
    completion.finishReason = "stop";
    cell.finished = true;
  } else {
    cell.finished = completion.tokenIds.length >= maxTokens;
  }
}
