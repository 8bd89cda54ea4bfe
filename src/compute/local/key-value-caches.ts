import type { Buffer } from "../../engine/backend.ts";
import { cacheName, type DecodeLayout, ownPositions, promptCacheName } from "./generation-graphs.ts";
import type { Policy } from "./policy.ts";

/** Keys and values of all layers for one layout, by their names in the decode graph. */
export interface KeyValueCaches {
  readonly layout: DecodeLayout;
  /** Prompts [P, KV, T1, size], where their completions share them. */
  readonly prompt: Readonly<Record<string, Buffer>>;
  /** Completions [P * KV * G * length, size], their prompts at the beginning where they are not shared. */
  readonly own: Readonly<Record<string, Buffer>>;
}

const kinds = ["keys", "values"] as const;

export function allocateCaches({ backend, model }: Policy, layout: DecodeLayout): KeyValueCaches {
  const { layers, keyValueHeads, headSize } = model.dimensions;
  const { prompts, promptLength, completions, sharedPrompts } = layout;
  const cachedRows = prompts * keyValueHeads * completions;
  const prompt: Record<string, Buffer> = {};
  const own: Record<string, Buffer> = {};
  for (let layer = 0; layer < layers; layer++) {
    for (const kind of kinds) {
      const name = cacheName(kind, layer);
      if (sharedPrompts) {
        prompt[promptCacheName(name)] = backend.allocate([prompts, keyValueHeads, promptLength, headSize]);
      }
      own[name] = backend.allocate([cachedRows * ownPositions(layout).length, headSize]);
    }
  }
  return { layout, prompt, own };
}

/**
 * Copies the keys and values of some prompts, [P, KV, T1, size] by the names of prompt caches, to the beginning of the
 * caches of their only completions; the first of them belongs to prompt `first`.
 */
export function placePrompts(
  computed: Readonly<Record<string, Buffer>>,
  { own, layout }: KeyValueCaches,
  first: number,
): void {
  const { length } = ownPositions(layout);
  for (const [name, { values }] of Object.entries(own)) {
    const { values: computedValues, shape } = computed[promptCacheName(name)];
    const [prompts, heads, promptLength, size] = shape;
    const source = computedValues as Float32Array;
    const target = values as Float32Array;
    const block = promptLength * size;
    for (let row = 0; row < prompts * heads; row++) {
      target.set(source.subarray(row * block, (row + 1) * block), (first * heads + row) * length * size);
    }
  }
}

/**
 * Copies what is needed into the caches of another layout. `cells[p * G + g]` is the old cell that takes the place of
 * cell (p, g) of the new layout, all of one prompt from the same old prompt; -1 leaves the place as it is.
 */
export function moveCaches(
  old: KeyValueCaches,
  next: KeyValueCaches,
  cells: Int32Array,
  usedSlots: number,
): void {
  const { completions } = next.layout;
  const { length, firstSlot } = ownPositions(next.layout);
  const { length: oldLength } = ownPositions(old.layout);
  for (const [name, { values, shape }] of Object.entries(next.prompt)) {
    const block = values.length / shape[0];
    const target = values as Float32Array;
    const source = old.prompt[name].values as Float32Array;
    for (let prompt = 0; prompt < next.layout.prompts; prompt++) {
      const cell = cells.subarray(prompt * completions, (prompt + 1) * completions).find((c) => c >= 0);
      if (cell !== undefined) {
        const from = Math.floor(cell / old.layout.completions) * block;
        target.set(source.subarray(from, from + block), prompt * block);
      }
    }
  }
  for (const [name, { values, shape }] of Object.entries(next.own)) {
    const [rows, size] = shape;
    const heads = rows / (next.layout.prompts * completions * length);
    const target = values as Float32Array;
    const source = old.own[name].values as Float32Array;
    cells.forEach((cell, place) => {
      for (let head = 0; cell >= 0 && head < heads; head++) {
        const from = cacheRow(cell, head, heads, old.layout.completions) * oldLength * size;
        const to = cacheRow(place, head, heads, completions) * length * size;
        target.set(source.subarray(from, from + (firstSlot + usedSlots) * size), to);
      }
    });
  }
}

/** Index of (prompt, head, completion) in a cache [P, KV, G, ..] for the cell `prompt * G + completion`. */
function cacheRow(cell: number, head: number, heads: number, completions: number): number {
  const prompt = Math.floor(cell / completions);
  return (prompt * heads + head) * completions + (cell % completions);
}
