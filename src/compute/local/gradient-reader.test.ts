import { expect, test } from "vitest";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import type { TrainingBatch } from "../../pipeline.ts";
import { createGradientReader, parameterGroup } from "./gradient-reader.ts";
import { createPolicyLearner } from "./policy-learner.ts";

const learner = createPolicyLearner(tinyPolicy(createOnnxRuntimeBackend({ threads: 1 })), plainLearner);

/** Completions of one prompt with these weights. */
const batch = (...weights: number[]): TrainingBatch => ({
  groups: [
    {
      promptTokenIds: [3, 4, 5],
      completions: weights.map((weight, index) => {
        const tokenIds = Array.from({ length: 4 + index }, (_, t) => 2 + ((7 * t + 5 * index) % 20));
        return { tokenIds, weights: tokenIds.map(() => weight) };
      }),
    },
  ],
});

const total = (products: Readonly<Record<string, number>>): number =>
  Object.values(products).reduce((sum, product) => sum + product, 0);

test("inner products are those of the learner's gradients, and nothing is left of them in the learner", async () => {
  const flat = async (given: TrainingBatch): Promise<number[]> => {
    await learner.forwardBackward(given);
    const values = Object.values(learner.gradients).flatMap((each) => [...each]);
    learner.clearGradients();
    return values;
  };
  const [a, b] = [await flat(batch(0.5, -0.25, 0)), await flat(batch(0.125, 0.5, -1))];
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);

  const reader = createGradientReader(learner);
  const first = await reader.measure(batch(0.5, -0.25, 0), { keep: true });
  const second = await reader.measure(batch(0.125, 0.5, -1), { keep: false });
  expect(total(first.own)).toBeCloseTo(dot(a, a), 9);
  expect(first.withKept).toEqual([]);
  expect(total(second.own)).toBeCloseTo(dot(b, b), 9);
  expect(total(second.withKept[0]!)).toBeCloseTo(dot(a, b), 9);
  expect(Object.values(learner.gradients).every((values) => values.every((value) => value === 0))).toBe(true);
  expect(Object.keys(first.own)).toEqual(["embed_tokens", "layers.0", "layers.1", "norm", "lm_head"]);
});

test("gradients that are forgotten are measured with no more", async () => {
  const reader = createGradientReader(learner);
  await reader.measure(batch(1, -1), { keep: true });
  reader.forget();
  expect((await reader.measure(batch(1, -1), { keep: false })).withKept).toEqual([]);
});

test("a gradient is linear in the weights", async () => {
  const reader = createGradientReader(learner);
  const { own } = await reader.measure(batch(1, -0.5), { keep: true });
  const twice = await reader.measure(batch(-2, 1), { keep: false });
  expect(total(twice.own)).toBeCloseTo(4 * total(own), 6);
  expect(total(twice.withKept[0]!)).toBeCloseTo(-2 * total(own), 6);
});

test.each([
  ["model.layers.12.self_attn.q_proj.weight", "layers.12"],
  ["base_model.model.model.layers.3.mlp.up_proj.lora_A.weight", "layers.3"],
  ["model.embed_tokens.weight", "embed_tokens"],
  ["model.norm.weight", "norm"],
  ["lm_head.weight", "lm_head"],
  ["base_model.model.lm_head.lora_B.weight", "lm_head"],
])("parameter %s belongs to %s", (name, group) => {
  expect(parameterGroup(name)).toBe(group);
});
