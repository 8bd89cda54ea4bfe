import type { Buffer } from "../../engine/backend.ts";
import { masked } from "../../nn/attention.ts";
import { causalMask } from "./causal-mask.ts";
import { buildDecodeGraph, buildPrefillGraph, type DecodeLayout, ownPositions } from "./generation-graphs.ts";
import { allocateCaches, type KeyValueCaches, placePrompts } from "./key-value-caches.ts";
import type { Policy } from "./policy.ts";
import { policyBuffers } from "./policy-inputs.ts";
import type { ReusedBuffers } from "./reused-buffers.ts";

/** A compiled decode step with its caches and buffers, kept between uses so that memory is touched once. */
export interface DecodeSession {
  readonly caches: KeyValueCaches;
  /** What caches and scores hold. */
  readonly bytes: number;
  readonly tokenIds: BigInt64Array;
  readonly positions: BigInt64Array;
  /** [P * G, V] after a step: logits or probabilities, as the layout says. */
  readonly scores: Float32Array;
  /** [P * G] after a step, beside probabilities; null beside logits. */
  readonly entropies: Float32Array | null;
  /** Takes effect where probabilities are asked for. */
  setTemperature(temperature: number): void;
  /** Hides prompt padding and all but the first `usedSlots` positions of the completions. */
  resetMask(contexts_P: readonly number[], usedSlots: number): void;
  /** Reads tokens and positions, puts their keys and values at `slot` of the completions, and writes scores. */
  step(slot: number): void;
  free(): void;
}

export function createDecodeSession(policy: Policy, layout: DecodeLayout): DecodeSession {
  const { backend } = policy;
  const { prompts, promptLength, completions, capacity } = layout;
  const { length, firstSlot } = ownPositions(layout);
  const graph = buildDecodeGraph(policy, layout);
  const compiled = backend.compile(graph);
  const caches = allocateCaches(policy, layout);
  const outputs = Object.fromEntries(
    [...graph.outputs].map(([name, { shape }]) => [name, caches.own[name] ?? backend.allocate(shape)]),
  );
  const tokenIds = backend.allocate([prompts * completions], "integer");
  const positions = backend.allocate([prompts * completions], "integer");
  const mask = backend.allocate([prompts, 1, 1, promptLength + capacity]);
  const cacheRows = backend.allocate(graph.inputs.get("cacheRows")!.shape, "integer");
  const inverseTemperature = backend.allocate([]);
  const inputs = {
    ...policyBuffers(policy, promptLength + capacity),
    ...caches.prompt,
    ...caches.own,
    tokenIds,
    positions,
    mask,
    cacheRows,
    inverseTemperature,
  };
  const bound = compiled.bind(inputs, outputs);
  const rowValues = cacheRows.values as BigInt64Array;
  const maskValues = mask.values as Float32Array;
  const width = promptLength + capacity;
  const held = [...Object.values(caches.prompt), ...Object.values(caches.own), outputs.scores];
  return {
    caches,
    bytes: held.reduce((sum, { values }) => sum + values.byteLength, 0),
    tokenIds: tokenIds.values as BigInt64Array,
    positions: positions.values as BigInt64Array,
    scores: outputs.scores.values as Float32Array,
    entropies: (outputs.entropies?.values as Float32Array | undefined) ?? null,
    setTemperature: (temperature) => {
      inverseTemperature.values[0] = 1 / temperature;
    },
    resetMask: (contexts_P, usedSlots) => {
      maskValues.fill(masked);
      for (let prompt = 0; prompt < prompts; prompt++) {
        const start = prompt * width;
        maskValues.fill(0, start, start + (contexts_P[prompt] ?? 0));
        maskValues.fill(0, start + promptLength, start + promptLength + usedSlots);
      }
    },
    step: (slot) => {
      for (let row = 0; row < rowValues.length; row++) {
        rowValues[row] = BigInt(row * length + firstSlot + slot);
      }
      for (let prompt = 0; prompt < prompts; prompt++) {
        maskValues[prompt * width + promptLength + slot] = 0;
      }
      bound.run();
    },
    free: () => {
      bound.free();
      compiled.free();
    },
  };
}

/** Computes the keys and values of prompts and writes them into the caches of a decode session. */
export interface Prefill {
  run(prompts_PT: readonly (readonly number[])[], caches: KeyValueCaches): void;
  free(): void;
}

/** Rows that a prefill takes at once: more does not make products faster, and takes memory. */
const prefillRows = 2048;

/** Prompts per pass, such that one compiled shape serves all passes. */
export function prefillPrompts(layout: DecodeLayout): number {
  return Math.min(layout.prompts, Math.max(1, Math.floor(prefillRows / layout.promptLength)));
}

/** `unplaced` holds prompts that are not shared until they are copied to their places. */
export function createPrefill(
  policy: Policy,
  prompts: number,
  length: number,
  unplaced: ReusedBuffers,
): Prefill {
  const { backend } = policy;
  const graph = buildPrefillGraph(policy, prompts, length);
  const compiled = backend.compile(graph);
  const tokenIds = backend.allocate([prompts * length], "integer");
  const positions = backend.allocate([prompts * length], "integer");
  const positionValues = positions.values as BigInt64Array;
  positionValues.forEach((_, row) => {
    positionValues[row] = BigInt(row % length);
  });
  const inputs = {
    ...policyBuffers(policy, length),
    tokenIds,
    positions,
    promptMask: causalMask(backend, length),
  };

  const unplacedPrompts = (): Record<string, Buffer> => {
    const buffers = unplaced([...graph.outputs.values()].map(({ shape }) => shape));
    return Object.fromEntries([...graph.outputs.keys()].map((name, index) => [name, buffers[index]]));
  };

  const runFrom = (
    first: number,
    prompts_PT: readonly (readonly number[])[],
    caches: KeyValueCaches,
  ): void => {
    const ids = tokenIds.values as BigInt64Array;
    ids.fill(0n);
    for (let p = 0; p < prompts; p++) {
      prompts_PT[first + p]?.forEach((token, t) => {
        ids[p * length + t] = BigInt(token);
      });
    }
    const { sharedPrompts } = caches.layout;
    const outputs = sharedPrompts ? promptPart(policy, caches, first, prompts) : unplacedPrompts();
    const bound = compiled.bind(inputs, outputs);
    try {
      bound.run();
    } finally {
      bound.free();
    }
    if (!sharedPrompts) {
      placePrompts(outputs, caches, first);
    }
  };
  return {
    run: (prompts_PT, caches) => {
      for (let next = 0; next < caches.layout.prompts; next += prompts) {
        runFrom(Math.min(next, caches.layout.prompts - prompts), prompts_PT, caches);
      }
    },
    free: () => compiled.free(),
  };
}

/** The part of the prompt caches that belongs to some prompts: a view, prompts being the outermost dimension. */
function promptPart(
  { backend }: Policy,
  caches: KeyValueCaches,
  first: number,
  prompts: number,
): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(caches.prompt).map(([name, { values, shape }]) => {
      const block = values.length / shape[0];
      const part = (values as Float32Array).subarray(first * block, (first + prompts) * block);
      return [name, backend.wrap(part, [prompts, ...shape.slice(1)])];
    }),
  );
}
