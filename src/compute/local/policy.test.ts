import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { expectSameGradients } from "../../../test/support/same-gradients.ts";
import { sampledBatch } from "../../../test/support/sampled-batch.ts";
import { plainLearner, tinyPolicy } from "../../../test/support/tiny-policy.ts";
import { unfiltered } from "../../../test/support/unfiltered.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import type { TrainingBatch, TrainingGroup } from "../../pipeline.ts";
import type { SampledCompletion, SamplingParameters } from "../sampler.ts";
import { createPolicyLearner } from "./policy-learner.ts";
import { createPolicySampler } from "./policy-sampler.ts";

const backend = createOnnxRuntimeBackend({ threads: 2 });
const policy = tinyPolicy(backend);
const { model } = policy;
const endTokenIds = [0, 1];
const decode = (tokenIds: readonly number[]): string => tokenIds.map((id) => `<${id}>`).join("");
const sampler = createPolicySampler(policy, { endTokenIds, decode, maxRows: 16 });
afterAll(() => sampler.free());

const sampling: SamplingParameters = { ...unfiltered, maxTokens: 40 };

test("rotary tables grow with the positions that are asked for and begin alike", () => {
  const few = policy.rotaryTables(10);
  const many = policy.rotaryTables(5000);
  expect(many.cosines.shape).toEqual([5000, model.dimensions.headSize / 2]);
  for (const table of ["cosines", "sines"] as const) {
    const [short, long] = [few[table].values, many[table].values] as Float32Array[];
    expect(long.subarray(0, short.length)).toEqual(short);
    expect(long.buffer.byteLength).toBe(8192 * 4 * (model.dimensions.headSize / 2));
  }
});

const prompts = [[5, 6, 7], [9, 8, 7, 6, 5, 4, 11], [3], Array.from({ length: 20 }, (_, i) => 2 + (i % 20))];
const requests = prompts.map((promptTokenIds, seed) => ({ promptTokenIds, count: 3, seed }));

function learner(microBatchTokens: number, lanes = 1, gradientCheckpointing = false) {
  return createPolicyLearner(policy, { ...plainLearner, microBatchTokens, lanes, gradientCheckpointing });
}

async function gradientsOf(batch: TrainingBatch, ...options: Parameters<typeof learner>) {
  const own = learner(...options);
  const result = await own.forwardBackward(batch);
  own.free();
  return { ...result, gradients: own.gradients };
}

describe("sampler and learner on the same weights", async () => {
  const groups = sampler.sample(requests, sampling).map((completions, index): TrainingGroup => {
    const weighted = completions.map(({ tokenIds }, member) => ({
      tokenIds,
      weights: tokenIds.map((_, t) => (member - 1) / 50 + t / 1000),
    }));
    return { promptTokenIds: prompts[index], completions: weighted };
  });

  test("every token is told as it is drawn, under its request and completion", () => {
    const told = requests.map(({ count }) => Array.from({ length: count }, (): number[] => []));
    const sampled = sampler.sample(requests, sampling, {
      onToken: ({ request, completion, tokenId }) => told[request]![completion]!.push(tokenId),
    });
    expect(told).toEqual(sampled.map((group) => group.map(({ tokenIds }) => tokenIds)));
  });

  test("every completion is told as soon as it has ended, whole", () => {
    const told = requests.map(({ count }) => new Array<unknown>(count));
    let tokens = 0;
    let tokensAtFirst = 0;
    const sampled = sampler.sample(requests, sampling, {
      onToken: () => tokens++,
      onCompletion: ({ request, completion, sampled: ended }) => {
        tokensAtFirst ||= tokens;
        told[request]![completion] = structuredClone(ended);
      },
    });
    expect(told).toEqual(sampled);
    expect(tokensAtFirst).toBeLessThan(tokens);
  });

  test.each([
    [1, false],
    [0.7, false],
    [1.4, true],
  ])("agree on the log-probability of every token at temperature %d", async (temperature, checkpointing) => {
    const sampled = sampler.sample(requests, { ...sampling, temperature });
    const drawn = { ...sampledBatch(prompts, sampled), temperature };
    const { logprobs } = await gradientsOf(drawn, 4096, 1, checkpointing);
    sampled.forEach((completions, group) => {
      completions.forEach((completion, member) => {
        completion.logprobs.forEach((logprob, t) => {
          expect(Math.abs(logprob - logprobs[group][member]![t])).toBeLessThan(1e-4);
        });
      });
    });
  });

  test("any micro-batch size, number of lanes, order of groups and checkpointing give the same update", async () => {
    const whole = await gradientsOf({ groups }, 100_000);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 3 }),
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.boolean(),
        async (microBatchTokens, lanes, order, checkpointing) => {
          const shuffled = { groups: order.map((index) => groups[index]) };
          const other = await gradientsOf(shuffled, microBatchTokens, lanes, checkpointing);
          expect(Math.abs(other.loss - whole.loss)).toBeLessThan(1e-5);
          expectSameGradients(other.gradients, whole.gradients);
        },
      ),
      { numRuns: 8 },
    );
  });

  test.each([
    [1, false],
    [1, true],
    [2, false],
    [3, true],
  ])("batches before a step add up in %i lanes, gradient checkpointing: %s", async (lanes, checkpointing) => {
    const whole = await gradientsOf({ groups }, 100_000);
    const own = learner(64, lanes, checkpointing);
    await own.forwardBackward({ groups: groups.slice(2) });
    own.clearGradients();
    for (const group of groups) {
      await own.forwardBackward({ groups: [group] });
    }
    expectSameGradients(own.gradients, whole.gradients);
    own.free();
  });

  test("completions without weight cost nothing and change nothing", async () => {
    const silent = groups.map(({ promptTokenIds, completions }) => ({
      promptTokenIds,
      completions: completions.map(({ tokenIds }) => ({ tokenIds, weights: tokenIds.map(() => 0) })),
    }));
    const { loss, tokens, logprobs, gradients } = await gradientsOf({ groups: silent }, 4096);
    expect({ loss, tokens }).toEqual({ loss: 0, tokens: 0 });
    expect(logprobs.flat().every((values) => values === null)).toBe(true);
    expect(Object.values(gradients).every((values) => values.every((value) => value === 0))).toBe(true);
  });
});

describe("sampling", () => {
  const tokensOf = (groups: SampledCompletion[][]) =>
    groups.map((group) => group.map(({ tokenIds }) => tokenIds));

  test("a completion depends on its seed and index, not on what is sampled beside it", () => {
    const singles = Array.from({ length: 12 }, (_, index) => ({
      promptTokenIds: prompts[index % prompts.length],
      count: 1,
      seed: 100 + index,
    }));
    const all = [...requests, ...singles];
    const together = sampler.sample(all, sampling);
    expect(new Set(together.slice(-12).map(([{ tokenIds }]) => tokenIds.length)).size).toBeGreaterThan(3);
    const alone: SampledCompletion[][] = [];
    for (const request of all) {
      alone.push(...sampler.sample([request], sampling));
    }
    expect(tokensOf(alone)).toEqual(tokensOf(together));
  });

  test("any number of rows gives the same tokens, the same request twice among them", () => {
    const twice = [...requests, requests[0]];
    const expected = tokensOf(sampler.sample(twice, sampling));
    expect(expected.at(-1)).toEqual(expected[0]);
    for (const maxRows of [1, 5, 64]) {
      const other = createPolicySampler(policy, { endTokenIds, decode, maxRows });
      expect(tokensOf(other.sample(twice, sampling))).toEqual(expected);
      other.free();
    }
  });

  test("single completions of more prompts than a prefill takes at once are as they are alone", () => {
    const many = Array.from({ length: 40 }, (_, seed) => ({
      promptTokenIds: Array.from({ length: 65 + (seed % 16) }, (__, t) => 2 + ((seed + t) % 20)),
      count: 1,
      seed,
    }));
    const few = { ...sampling, maxTokens: 6 };
    const wide = createPolicySampler(policy, { endTokenIds, decode, maxRows: 64 });
    const alone = many.flatMap((request) => tokensOf(sampler.sample([request], few)));
    expect(tokensOf(wide.sample(many, few))).toEqual(alone);
    wide.free();
  });

  test("ends at every end token and at the limit, and says which", () => {
    const [many] = sampler.sample([{ promptTokenIds: [4], count: 64, seed: 9 }], sampling);
    const ends = new Set<number>();
    for (const { tokenIds, finishReason, logprobs, entropies } of many) {
      const last = tokenIds.at(-1)!;
      expect(tokenIds.slice(0, -1).some((id) => endTokenIds.includes(id))).toBe(false);
      expect(finishReason).toBe(endTokenIds.includes(last) ? "stop" : "length");
      expect(finishReason === "stop" || tokenIds.length === sampling.maxTokens).toBe(true);
      expect([logprobs.length, entropies.length]).toEqual([tokenIds.length, tokenIds.length]);
      ends.add(last);
    }
    expect(endTokenIds.every((id) => ends.has(id))).toBe(true);
  });

  test("ends at a stop string", () => {
    const stopping = { ...sampling, stop: ["<7><", "<9>"] };
    const [many] = sampler.sample([{ promptTokenIds: [4], count: 32, seed: 2 }], stopping);
    for (const { tokenIds, finishReason } of many) {
      const text = decode(tokenIds);
      const found = stopping.stop.some((stop) => text.includes(stop));
      expect(finishReason === "stop").toBe(found || endTokenIds.includes(tokenIds.at(-1)!));
      expect(stopping.stop.some((stop) => decode(tokenIds.slice(0, -1)).includes(stop))).toBe(false);
    }
  });

  test("refuses what does not fit into the model's positions, naming the numbers", () => {
    const request = { promptTokenIds: Array.from({ length: 100 }, () => 2), count: 1, seed: 0 };
    expect(() => sampler.sample([request], sampling)).toThrow(/100 tokens and maxTokens 40 .* 128 positions/);
  });

  test("an error of a hook ends all waves at once", () => {
    const inWaves = createPolicySampler(policy, { endTokenIds, decode, maxRows: 3 });
    let steps = 0;
    const failing = () =>
      inWaves.sample(requests, sampling, {
        onProgress: () => {
          steps++;
          throw new Error("the first wave failed");
        },
      });
    expect(failing).toThrow("the first wave failed");
    expect(steps).toBe(1);
    inWaves.free();
  });

  test("stops when it is asked to", () => {
    const aborted = () => sampler.sample(requests, sampling, { aborted: () => true });
    expect(aborted).toThrow("aborted");
  });
});
