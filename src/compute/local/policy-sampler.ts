import { ConfigError } from "../../errors.ts";
import { hashSeed, uniform } from "../../random.ts";
import type {
  DrawnToken,
  SampledCompletion,
  SampleProgress,
  SampleRequest,
  SamplingParameters,
} from "../sampler.ts";
import { createCompiledCache } from "./compiled-cache.ts";
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
import { drawFromProbabilities, drawsFromAll } from "./probability-draw.ts";
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
/** Prompt lengths are rounded up to a multiple of this, so that few shapes are compiled. */
const promptStep = 16;
const firstCapacity = 32;

export function createPolicySampler(policy: Policy, options: SamplerOptions): PolicySampler {
  const sessions = createCompiledCache<DecodeSession>(compiledLayouts);
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
      for (const wave of planWaves(requests, options.maxRows)) {
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
    let session = sessionFor(firstLayout(grid, parameters));
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
          progress.finished += cell.finished ? 1 : 0;
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

/** Requests of equal count decode together, at most `maxRows` completions at once, prompts of like length side by side. */
function planWaves(requests: readonly SampleRequest[], maxRows: number): SampleRequest[][] {
  const sorted = [...requests].sort(
    (a, b) => a.count - b.count || a.promptTokenIds.length - b.promptTokenIds.length,
  );
  const waves: SampleRequest[][] = [];
  let open: SampleRequest[] = [];
  for (const request of sorted) {
    const full = (open.length + 1) * request.count > maxRows;
    if (open.length > 0 && (open[0].count !== request.count || full)) {
      waves.push(open);
      open = [];
    }
    open.push(request);
  }
  return open.length > 0 ? [...waves, open] : waves;
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

function firstLayout(grid: Cell[][], parameters: SamplingParameters): DecodeLayout {
  const longest = Math.max(...grid.map(([{ promptTokenIds }]) => promptTokenIds.length - 1));
  return {
    prompts: grid.length,
    promptLength: Math.ceil(longest / promptStep) * promptStep,
    completions: grid[0].length,
    capacity: Math.min(firstCapacity, parameters.maxTokens),
    output: drawsFromAll(parameters) ? "probabilities" : "logits",
  };
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

/** Sizes that grids shrink to: few, so that few shapes are compiled. */
function gridSize(needed: number, most: number): number {
  const power = 2 ** Math.ceil(Math.log2(needed));
  const size = needed <= power * 0.75 ? power * 0.75 : power;
  return Math.min(most, Math.ceil(size));
}

/** The layout to go on with, or null to stay: a larger cache when it is full, a smaller grid once half of it is done. */
function nextLayout(
  layout: DecodeLayout,
  places: readonly (Cell | null)[],
  usedSlots: number,
  maxTokens: number,
): DecodeLayout | null {
  const { completions } = layout;
  const active = Array.from({ length: layout.prompts }, (_, prompt) =>
    places.slice(prompt * completions, (prompt + 1) * completions).filter((cell) => cell !== null),
  ).filter((cells) => cells.length > 0);
  if (active.length === 0) {
    return null;
  }
  const prompts = gridSize(active.length, layout.prompts);
  const width = gridSize(Math.max(...active.map((cells) => cells.length)), completions);
  const shrinks = prompts * width * 2 <= layout.prompts * completions;
  const full = usedSlots >= layout.capacity;
  if (!shrinks && !full) {
    return null;
  }
  return {
    ...layout,
    prompts: shrinks ? prompts : layout.prompts,
    completions: shrinks ? width : completions,
    capacity: full ? Math.min(maxTokens, layout.capacity * 2) : layout.capacity,
  };
}

/** For each place of the next layout, the place of the old one that moves there, or -1. */
function rearrange(places: readonly (Cell | null)[], old: DecodeLayout, next: DecodeLayout): Int32Array {
  const cells = new Int32Array(next.prompts * next.completions).fill(-1);
  let prompt = 0;
  for (let oldPrompt = 0; oldPrompt < old.prompts; oldPrompt++) {
    let member = 0;
    for (let oldMember = 0; oldMember < old.completions; oldMember++) {
      const place = oldPrompt * old.completions + oldMember;
      if (places[place] !== null) {
        cells[prompt * next.completions + member++] = place;
      }
    }
    prompt += member > 0 ? 1 : 0;
  }
  return cells;
}
