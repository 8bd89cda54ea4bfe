import { expect, test } from "vitest";
import { lossOf } from "../../test/support/scored-groups.ts";
import { DataError } from "../errors.ts";
import { weighDemonstrations } from "./sft.ts";

test("is the mean over all completion tokens of the batch", () => {
  const batch = weighDemonstrations([
    { promptTokenIds: [1, 2], tokenIds: [3, 4, 5] },
    { promptTokenIds: [6], tokenIds: [7] },
  ]);
  expect(batch.groups).toEqual([
    { promptTokenIds: [1, 2], completions: [{ tokenIds: [3, 4, 5], weights: [0.25, 0.25, 0.25] }] },
    { promptTokenIds: [6], completions: [{ tokenIds: [7], weights: [0.25] }] },
  ]);
  expect(lossOf(batch, (group) => (group === 0 ? -1 : -5))).toBe(2);
});

test("refuses a batch without a token to learn", () => {
  expect(() => weighDemonstrations([{ promptTokenIds: [1], tokenIds: [] }])).toThrow(DataError);
  expect(() => weighDemonstrations([])).toThrow(/0 demonstrations/);
});
