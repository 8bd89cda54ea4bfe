import path from "node:path";
import { afterAll, expect } from "vitest";
import type { ForwardBackwardResult } from "../../src/compute/learner.ts";
import type { Policy } from "../../src/compute/local/policy.ts";
import { policyBuffers, policyInputs } from "../../src/compute/local/policy-inputs.ts";
import { createOnnxRuntimeBackend } from "../../src/engine/backends/onnxruntime/backend.ts";
import { buildGraph } from "../../src/engine/graph.ts";
import { input } from "../../src/engine/tensor.ts";
import { hiddenStates } from "../../src/models/model.ts";
import { causalAttention, masked } from "../../src/nn/attention.ts";
import type { TrainingBatch } from "../../src/pipeline.ts";
import { openSafetensors } from "../../src/safetensors/reader.ts";
import { fixturesFolder, type Tolerance } from "./fixtures.ts";

type Grid = number[][];
type Padded = Record<"input_ids" | "attention_mask" | "position_ids", Grid>;

/** What the parity suites read of a model folder's `reference.json`. */
export interface Reference {
  inputs: { right: Padded; left: Padded; gpg: Padded & { completion_mask: Grid; advantages: number[] } };
  greedy: { cases: { prompt_ids: number[]; new_ids: number[] }[] };
  lora?: { gpg_loss: { value: number; tolerance: Tolerance } };
  gpg: { loss: { value: number; tolerance: Tolerance } };
  adamw: {
    hyperparameters: {
      lr: number;
      betas: [number, number];
      eps: number;
      weight_decay: number;
      max_grad_norm: number;
    };
    steps: Record<"loss" | "grad_norm_before_clipping", { value: number; tolerance: Tolerance }>[];
    parameters: Record<
      string,
      {
        abs_sum: number;
        sum: number;
        tolerance_of_sums: Tolerance;
        index: number[];
        value: number[];
        fragile: number[];
      }
    >;
    tolerance_of_values: Tolerance;
  };
  tensors: { name: string; tolerance: Tolerance }[];
}

export const backend = createOnnxRuntimeBackend({ threads: 2 });

/** Logits of a padded batch at its real positions, by the model alone, with the padding hidden by the mask. */
export function paddedLogits(policy: Policy, { input_ids, attention_mask, position_ids }: Padded): number[] {
  const [sequences, length] = [input_ids.length, input_ids[0].length];
  const { weights, rows } = policyInputs(policy, sequences * length, length);
  const mask = input("mask", [sequences, 1, length, length]);
  const { model } = policy;
  const hidden = hiddenStates(model, weights, rows, (projections) =>
    causalAttention(projections, { sequences, length, mask }, model.dimensions),
  );
  const normed = model.finalNorm(weights, hidden);
  const logits = weights.linear(normed, model.headLayer);
  const own = {
    tokenIds: backend.allocate([sequences * length], "integer"),
    positions: backend.allocate([sequences * length], "integer"),
    mask: backend.allocate(mask.shape),
  };
  own.tokenIds.values.set(input_ids.flat().map(BigInt) as never);
  own.positions.values.set(position_ids.flat().map(BigInt) as never);
  own.mask.values.set(
    attention_mask.flatMap((real) =>
      real.flatMap((_, t) => real.map((r, s) => ((r === 1 && s <= t) || s === t ? 0 : masked))),
    ) as never,
  );
  const output = backend.allocate(logits.shape);
  const compiled = backend.compile(buildGraph({ logits }));
  const bound = compiled.bind({ ...policyBuffers(policy, length), ...own }, { logits: output });
  bound.run();
  bound.free();
  compiled.free();
  const vocabularySize = logits.shape[1];
  return attention_mask
    .flat()
    .flatMap((real, row) =>
      real === 1
        ? Array.from(output.values.subarray(row * vocabularySize, (row + 1) * vocabularySize), Number)
        : [],
    );
}

/** The recorded batch as groups of one completion each; weights are given by row and column of the completion mask. */
export function gpgBatch(
  { gpg }: Reference["inputs"],
  weight: (row: number, column: number) => number,
): TrainingBatch {
  const columns = gpg.completion_mask[0].length;
  return {
    groups: gpg.input_ids.map((ids, row) => {
      const real = (from: number, to: number) =>
        ids.slice(from, to).filter((_, i) => gpg.attention_mask[row][from + i] === 1);
      const split = ids.length - columns;
      const tokenIds = real(split, ids.length);
      return {
        promptTokenIds: real(0, split),
        completions: [{ tokenIds, weights: tokenIds.map((_, column) => weight(row, column)) }],
      };
    }),
  };
}

/** The recorded batch with the weights of the GPG loss: advantages over the count of completion tokens. */
export function gpgLossBatch(inputs: Reference["inputs"]): TrainingBatch {
  const { completion_mask, advantages } = inputs.gpg;
  const counted = completion_mask.flat().reduce((sum, one) => sum + one, 0);
  return gpgBatch(inputs, (row, column) => (advantages[row] * completion_mask[row][column]) / counted);
}

/** The log-probabilities of the recorded batch in the grid of its completion mask, 0 where that hides a token. */
export function gpgLogprobs(
  { gpg: { completion_mask } }: Reference["inputs"],
  { logprobs }: Pick<ForwardBackwardResult, "logprobs">,
): number[] {
  return completion_mask.flatMap((mask, row) =>
    mask.map((counted, column) => (counted ? logprobs[row][0]![column] : 0)),
  );
}

/** Ways to cut a batch, none of which may change an update: tokens of a micro-batch, lanes, activations. */
export const waysToLearn = [
  [32, 1, "whole"],
  [64, 3, "whole"],
  [100_000, 1, "whole"],
  [100_000, 1, "checkpointed"],
  [64, 2, "checkpointed"],
] as const;

/** The recorded tensors of a model folder, by name. */
export function recordedTensors(name: string): (tensor: string) => Float32Array {
  const recorded = openSafetensors(path.join(fixturesFolder, "models", name, "reference.safetensors"));
  return (tensor) => {
    const { shape } = recorded.tensors.get(tensor)!;
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    recorded.readInto(tensor, values);
    return values;
  };
}

/** Expects shares of tolerances to be at most 1, and prints the largest of each when the suite of `name` ends. */
export function reportTolerance(name: string): (what: string, used: number) => void {
  const largest = new Map<string, number>();
  afterAll(() => {
    const shares = [...largest].sort(([, a], [, b]) => b - a);
    const words = shares.map(([what, used]) => `${what} ${(100 * used).toFixed(1)}%`);
    console.log(`${name}: of the tolerance, at most ${words.join(", ")}`);
  });
  return (what, used) => {
    largest.set(what, Math.max(used, largest.get(what) ?? 0));
    expect(used, `share of the tolerance that ${what} uses up`).toBeLessThanOrEqual(1);
  };
}
