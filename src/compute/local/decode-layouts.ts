import type { LanguageModel, ModelDimensions } from "../../models/model.ts";
import type { SampleRequest, SamplingParameters } from "../sampler.ts";
import type { DecodeLayout } from "./generation-graphs.ts";
import { drawsFromAll } from "./probability-draw.ts";

/** Prompt lengths are rounded up to a multiple of this, so that few shapes are compiled. */
const promptStep = 16;
const firstCapacity = 32;

/** Bytes that keys and values may take; in 32-bit floats, in all layouts that waves grow through. */
const cacheBytes = 2 ** 31;

/**
 * Requests of equal count decode together, prompts of like length side by side, at most `maxRows` completions at once and
 * no more than their caches have room for; a single request may exceed both.
 */
export function planWaves<Request extends Pick<SampleRequest, "count" | "promptTokenIds">>(
  { dimensions }: LanguageModel,
  requests: readonly Request[],
  maxTokens: number,
  maxRows: number,
): Request[][] {
  const sorted = [...requests].sort(
    (a, b) => a.count - b.count || a.promptTokenIds.length - b.promptTokenIds.length,
  );
  const waves: Request[][] = [];
  let open: Request[] = [];
  for (const request of sorted) {
    const prompts = open.length + 1;
    const grid = { prompts, longestPrompt: request.promptTokenIds.length, completions: request.count };
    const full = prompts * request.count > maxRows || cachedBytes(dimensions, grid, maxTokens) > cacheBytes;
    if (open.length > 0 && (open[0].count !== request.count || full)) {
      waves.push(open);
      open = [];
    }
    open.push(request);
  }
  return open.length > 0 ? [...waves, open] : waves;
}

/** A wave's prompts and completions of each. */
export interface WaveGrid {
  prompts: number;
  longestPrompt: number;
  completions: number;
}

/** Bytes that the keys and values of a wave take, in all layouts that it grows through. */
function cachedBytes(
  dimensions: ModelDimensions,
  { prompts, longestPrompt, completions }: WaveGrid,
  maxTokens: number,
): number {
  const ofPrompts = prompts * longestPrompt * capacitiesOf(maxTokens).length;
  return positionBytes(dimensions) * (ofPrompts + 2 * prompts * completions * maxTokens);
}

function positionBytes({ layers, keyValueHeads, headSize }: ModelDimensions): number {
  return 2 * layers * keyValueHeads * headSize * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Completions that one request may ask for so that their caches have room, one at least. It depends on the model and the
 * limit alone, not on the machine: requests that are cut by it are the same everywhere.
 */
export function completionsWithin(
  { dimensions }: Pick<LanguageModel, "dimensions">,
  maxTokens: number,
): number {
  return Math.max(1, Math.floor(cacheBytes / (positionBytes(dimensions) * 2 * maxTokens)));
}

/** Bytes that a wave's layouts hold together: their caches, and scores for every row. */
export function waveBytes({ dimensions }: LanguageModel, grid: WaveGrid, maxTokens: number): number {
  const scores = grid.prompts * grid.completions * dimensions.vocabularySize * Float32Array.BYTES_PER_ELEMENT;
  return cachedBytes(dimensions, grid, maxTokens) + scores * capacitiesOf(maxTokens).length;
}

/** The layout a wave begins with: prompts without their last token, which the first step decodes. */
export function firstLayout(
  { prompts, longestPrompt, completions }: WaveGrid,
  parameters: SamplingParameters,
): DecodeLayout {
  const promptLength = Math.ceil((longestPrompt - 1) / promptStep) * promptStep;
  return {
    prompts,
    promptLength,
    completions,
    capacity: Math.min(firstCapacity, parameters.maxTokens),
    sharedPrompts: promptLength > 0 && completions > 1,
    output: drawsFromAll(parameters) ? "probabilities" : "logits",
  };
}

/** Sizes that grids shrink to: few, so that few shapes are compiled. */
function gridSize(needed: number, most: number): number {
  const power = 2 ** Math.ceil(Math.log2(needed));
  const size = needed <= power * 0.75 ? power * 0.75 : power;
  return Math.min(most, Math.ceil(size));
}

function grown(capacity: number, maxTokens: number): number {
  return Math.min(maxTokens, capacity * 2);
}

/** The capacities that a wave goes through if no completion ends early. */
export function capacitiesOf(maxTokens: number): number[] {
  const capacities = [Math.min(firstCapacity, maxTokens)];
  for (let last = capacities[0]; last < maxTokens; last = capacities.at(-1)!) {
    capacities.push(grown(last, maxTokens));
  }
  return capacities;
}

/** The layout to go on with, or null to stay: a larger cache when it is full, a smaller grid once half of it is done. */
export function nextLayout(
  layout: DecodeLayout,
  places: readonly unknown[],
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
    capacity: full ? grown(layout.capacity, maxTokens) : layout.capacity,
  };
}

/** For each place of the next layout, the place of the old one that moves there, or -1. */
export function rearrange(places: readonly unknown[], old: DecodeLayout, next: DecodeLayout): Int32Array {
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
