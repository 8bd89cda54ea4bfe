import fc from "fast-check";
import { expect, test } from "vitest";
import type { TrainingBatch } from "../../pipeline.ts";
import { planMicroBatches, rowsOf } from "./micro-batches.ts";

const tokens = (length: number): number[] => Array.from({ length }, () => 1);

function batchOf(groups: readonly { prompt: number; completions: readonly number[] }[]): TrainingBatch {
  return {
    groups: groups.map(({ prompt, completions }) => ({
      promptTokenIds: tokens(prompt),
      completions: completions.map((length) => ({ tokenIds: tokens(length), weights: tokens(length) })),
    })),
  };
}

const groups = fc.array(
  fc.record({
    prompt: fc.integer({ min: 1, max: 60 }),
    completions: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test("every completion is in one micro-batch, and none is larger than a lane may hold", () => {
  fc.assert(
    fc.property(
      groups,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 200, max: 3000 }),
      fc.option(fc.integer({ min: 100, max: 4000 }), { nil: undefined }),
      (given, lanes, microBatchTokens, joinedTokens) => {
        const plan = planMicroBatches(batchOf(given), { lanes, microBatchTokens, joinedTokens });
        const planned = plan.flatMap(({ slices }) =>
          slices.flatMap(({ group, completions }) => completions.map(({ index }) => `${group}.${index}`)),
        );
        const all = given.flatMap(({ completions }, group) =>
          completions.map((_, index) => `${group}.${index}`),
        );
        expect(planned.sort()).toEqual(all.sort());
        for (const { layout, slices } of plan) {
          const isSingle = layout.prompts === 1 && layout.completions === 1;
          expect(rowsOf(layout) <= Math.ceil(microBatchTokens / lanes) || isSingle).toBe(true);
          const isOneGroup = slices.length === 1;
          expect(rowsOf(layout) <= Math.ceil((joinedTokens ?? Infinity) / lanes) || isOneGroup).toBe(true);
          expect(slices.length).toBeLessThanOrEqual(layout.prompts);
        }
      },
    ),
  );
});

const limits = { lanes: 2, microBatchTokens: 2048 };

test("groups are joined up to one limit and divided above another", () => {
  const group = { prompt: 65, completions: Array(8).fill(64) };
  const rowsOfEach = (joinedTokens?: number, microBatchTokens = 2048): number[] =>
    planMicroBatches(batchOf([group, group, group, group]), { lanes: 1, microBatchTokens, joinedTokens }).map(
      ({ layout }) => rowsOf(layout),
    );
  expect(rowsOfEach()).toEqual([1152, 1152]);
  expect(rowsOfEach(512)).toEqual([576, 576, 576, 576]);
  expect(rowsOfEach(512, 512)).toEqual(Array(8).fill(320));
});

test("no lane stands idle in the last turn", () => {
  const uneven = [...Array(38).fill(40), ...Array(58).fill(6)].map((length) => ({
    prompt: 13,
    completions: [length],
  }));
  expect(planMicroBatches(batchOf(uneven), limits)).toHaveLength(6);
});

test("batches of like lengths come to few layouts, which are compiled once", () => {
  const random = fc.sample(fc.array(fc.boolean(), { minLength: 96, maxLength: 96 }), {
    numRuns: 100,
    seed: 1,
  });
  const layouts = random.flatMap((isLong) => {
    const lengths = isLong.map((long) => ({ prompt: 13, completions: [long ? 36 : 6] }));
    return planMicroBatches(batchOf(lengths), limits).map(({ layout }) => JSON.stringify(layout));
  });
  expect(new Set(layouts).size).toBeLessThan(layouts.length / 10);
});
