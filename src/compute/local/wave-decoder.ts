import type { SamplingParameters } from "../sampler.ts";
import { createCompiledCache } from "./compiled-cache.ts";
import { type CellChooser, type CompletionCell, extendCell } from "./completion-cell.ts";
import { firstLayout, nextLayout, rearrange, type WaveGrid, waveBytes } from "./decode-layouts.ts";
import {
  createDecodeSession,
  createPrefill,
  type DecodeSession,
  type Prefill,
  prefillPrompts,
} from "./decode-session.ts";
import type { DecodeLayout } from "./generation-graphs.ts";
import { moveCaches } from "./key-value-caches.ts";
import type { Policy } from "./policy.ts";
import { createReusedBuffers } from "./reused-buffers.ts";

/** What all waves of a call have in common. */
export interface WaveOptions {
  parameters: SamplingParameters;
  endTokens: ReadonlySet<number>;
  choose: CellChooser;
  /** Called after each step with the cells that grew by a token; may throw to end the decoding. */
  onStep(grown: readonly CompletionCell[]): void;
}

/** Decodes one wave at a time, and keeps what it compiled for the next ones. */
export interface WaveDecoder {
  /** Decodes a grid of prompts and their completions, `grid[p][g]`, to their ends. */
  decode(grid: readonly (readonly CompletionCell[])[], options: WaveOptions): void;
  free(): void;
}

const compiledLayouts = 16;

/** `keptBytes`: what layouts may hold for the waves to come, unless one wave needs more. */
export function createWaveDecoder(policy: Policy, keptBytes: number): WaveDecoder {
  let mostBytes = keptBytes;
  const sessions = createCompiledCache<DecodeSession>(compiledLayouts, {
    of: ({ bytes }) => bytes,
    most: () => mostBytes,
  });
  const prefills = createCompiledCache<Prefill>(compiledLayouts);
  const unplaced = createReusedBuffers(policy.backend);

  const sessionFor = (layout: DecodeLayout): DecodeSession =>
    sessions.get(JSON.stringify(layout), () => createDecodeSession(policy, layout));

  const prefill = (grid: readonly (readonly CompletionCell[])[], { caches }: DecodeSession): void => {
    const { promptLength } = caches.layout;
    if (promptLength > 0) {
      const prompts = prefillPrompts(caches.layout);
      prefills
        .get(JSON.stringify([prompts, promptLength]), () =>
          createPrefill(policy, prompts, promptLength, unplaced),
        )
        .run(
          grid.map(([{ promptTokenIds }]) => promptTokenIds.slice(0, -1)),
          caches,
        );
    }
  };

  return {
    decode: (grid, { parameters, endTokens, choose, onStep }) => {
      const shape = shapeOf(grid);
      mostBytes = Math.max(mostBytes, waveBytes(policy.model, shape, parameters.maxTokens));
      let session = sessionFor(firstLayout(shape, parameters));
      /** The cell in each place of the session's grid; null where there is none. */
      let places: (CompletionCell | null)[] = grid.flat();
      const enter = (usedSlots: number): void => {
        session.setTemperature(parameters.temperature);
        session.resetMask(contextsOf(places, session.caches.layout), usedSlots);
      };
      prefill(grid, session);
      enter(0);

      for (let step = 0; places.some((cell) => cell !== null); step++) {
        fillRows(session, places, step);
        session.step(step);
        places.forEach((cell, place) => {
          if (cell !== null) {
            extendCell(cell, choose(session, cell, place), endTokens, parameters.maxTokens);
          }
        });
        onStep(places.filter((cell) => cell !== null));
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
    },
    free: () => {
      sessions.clear();
      prefills.clear();
    },
  };
}

function shapeOf(grid: readonly (readonly CompletionCell[])[]): WaveGrid {
  const lengths = grid.map(([{ promptTokenIds }]) => promptTokenIds.length);
  return { prompts: grid.length, longestPrompt: Math.max(...lengths), completions: grid[0].length };
}

function contextsOf(
  places: readonly (CompletionCell | null)[],
  { prompts, completions }: DecodeLayout,
): number[] {
  return Array.from({ length: prompts }, (_, prompt) => {
    const cell = places.slice(prompt * completions, (prompt + 1) * completions).find((c) => c !== null);
    return cell ? cell.promptTokenIds.length - 1 : 0;
  });
}

/** Each completion's newest token; the last prompt token at first, which the prefill left for here. */
function fillRows(session: DecodeSession, places: readonly (CompletionCell | null)[], step: number): void {
  places.forEach((cell, place) => {
    const token = cell === null ? 0 : (cell.completion.tokenIds.at(-1) ?? cell.promptTokenIds.at(-1)!);
    session.tokenIds[place] = BigInt(token);
    session.positions[place] = BigInt(cell === null ? 0 : cell.promptTokenIds.length - 1 + step);
  });
}
