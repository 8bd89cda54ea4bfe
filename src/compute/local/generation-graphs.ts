import { buildGraph, type Graph } from "../../engine/graph.ts";
import {
  logSumExp,
  multiply,
  replaceRows,
  reshape,
  softmax,
  subtract,
  sum,
  transpose,
} from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { hiddenStates } from "../../models/model.ts";
import { causalAttention } from "../../nn/attention.ts";
import { decodeAttention } from "../../nn/decode-attention.ts";
import type { Policy } from "./policy.ts";
import { policyInputs } from "./policy-inputs.ts";

/**
 * What a decode step gives of each row: its logits, or, where tokens are drawn from the whole distribution, the
 * probabilities at the sampling temperature and their entropy, which the engine computes faster than a loop would.
 */
export type DecodeOutput = "logits" | "probabilities";

/** P prompts of `promptLength` positions (padded on the right; 0 for none), G completions each, room for `capacity` tokens. */
export interface DecodeLayout {
  prompts: number;
  promptLength: number;
  completions: number;
  capacity: number;
  /**
   * Prompts, if they have positions, have caches of their own, which their completions share. Without, a prompt stands at
   * the beginning of the cache of its only completion, and attention needs one product over it instead of two.
   */
  sharedPrompts: boolean;
  output: DecodeOutput;
}

/** Positions of a completion's cache, and the one where its first token stands. */
export function ownPositions({ promptLength, capacity, sharedPrompts }: DecodeLayout): {
  length: number;
  firstSlot: number;
} {
  const firstSlot = sharedPrompts ? 0 : promptLength;
  return { length: firstSlot + capacity, firstSlot };
}

export function cacheName(kind: "keys" | "values", layer: number): string {
  return `${kind}.${layer}`;
}

/** Name of the prompts' keys or values beside the completions' cache of this name. */
export function promptCacheName(cache: string): string {
  return `prompt.${cache}`;
}

/** What goes into the prompts' caches: outputs keys and values [P, KV, length, size] of every layer, and nothing else. */
export function buildPrefillGraph(policy: Policy, prompts: number, length: number): Graph {
  const { model } = policy;
  const { keyValueHeads, headSize } = model.dimensions;
  const { weights, rows } = policyInputs(policy, prompts * length, length);
  const causal = { sequences: prompts, length, mask: input("promptMask", [length, length]) };
  const outputs: Record<string, Tensor> = {};
  const perHead = (values: Tensor): Tensor =>
    transpose(reshape(values, [prompts, length, keyValueHeads, headSize]), [0, 2, 1, 3]);
  hiddenStates(model, weights, rows, (projections, layer) => {
    outputs[promptCacheName(cacheName("keys", layer))] = perHead(projections.keys);
    outputs[promptCacheName(cacheName("values", layer))] = perHead(projections.values);
    return causalAttention(projections, causal, model.dimensions);
  });
  return buildGraph(outputs);
}

/**
 * One new token for each of P x G completions: outputs `scores` [P * G, V] (and `entropies` [P * G] beside
 * probabilities) and the caches of every layer, with the new keys and values at the rows `cacheRows` [P * KV * G]. Bound
 * to the buffers of the inputs of the same names, the caches are written in place.
 */
export function buildDecodeGraph(policy: Policy, layout: DecodeLayout): Graph {
  const { prompts, promptLength, completions, capacity, sharedPrompts } = layout;
  const { length } = ownPositions(layout);
  const { model } = policy;
  const { keyValueHeads, headSize } = model.dimensions;
  const { weights, rows } = policyInputs(policy, prompts * completions, promptLength + capacity);
  const mask = input("mask", [prompts, 1, 1, promptLength + capacity]);
  const outputs: Record<string, Tensor> = {};
  const cachedRows = prompts * keyValueHeads * completions;
  const cacheRows = input("cacheRows", [cachedRows], "integer");
  const newRows = (values: Tensor): Tensor => {
    const perHead = reshape(values, [prompts, completions, keyValueHeads, headSize]);
    return reshape(transpose(perHead, [0, 2, 1, 3]), [cachedRows, headSize]);
  };
  const promptCache = (kind: "keys" | "values", layer: number): Tensor | null =>
    sharedPrompts
      ? input(promptCacheName(cacheName(kind, layer)), [prompts, keyValueHeads, promptLength, headSize])
      : null;
  const extendedCache = (kind: "keys" | "values", layer: number, newest: Tensor): Tensor => {
    const name = cacheName(kind, layer);
    outputs[name] = replaceRows(input(name, [cachedRows * length, headSize]), cacheRows, newRows(newest));
    return reshape(outputs[name], [prompts, keyValueHeads, completions, length, headSize]);
  };

  const hidden = hiddenStates(model, weights, rows, (projections, layer) => {
    const caches = {
      promptKeys: promptCache("keys", layer),
      promptValues: promptCache("values", layer),
      keys: extendedCache("keys", layer, projections.keys),
      values: extendedCache("values", layer, projections.values),
    };
    return decodeAttention(projections.queries, caches, mask, layout, model.dimensions);
  });
  const last = model.finalNorm(weights, hidden);
  const logits = weights.linear(last, model.headLayer);
  return buildGraph({ ...scoresOf(logits, layout.output), ...outputs });
}

function scoresOf(logits: Tensor, output: DecodeOutput): Record<string, Tensor> {
  if (output === "logits") {
    return { scores: logits };
  }
  const scaled = multiply(logits, input("inverseTemperature", []));
  const probabilities = softmax(scaled);
  const mean = sum(multiply(probabilities, scaled), [1]);
  const entropies = reshape(subtract(logSumExp(scaled), mean), [logits.shape[0]]);
  return { scores: probabilities, entropies };
}
