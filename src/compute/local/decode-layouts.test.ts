import fc from "fast-check";
import { expect, test } from "vitest";
import type { ModelDimensions } from "../../models/model.ts";
import { completionsWithin } from "./decode-layouts.ts";

const gibibyte = 2 ** 30;

test("completions asked for together have room for their keys and values in 2 GiB, or are alone", () => {
  fc.assert(
    fc.property(
      fc.record({
        layers: fc.integer({ min: 1, max: 80 }),
        keyValueHeads: fc.integer({ min: 1, max: 16 }),
        headSize: fc.constantFrom(16, 64, 128),
      }),
      fc.integer({ min: 1, max: 40_000 }),
      (sizes, maxTokens) => {
        const together = completionsWithin({ dimensions: sizes as ModelDimensions }, maxTokens);
        const bytes = (count: number) =>
          // Keys and values in 32 bits, and as much again in the layouts that they grow through.
          4 * 2 * 2 * count * maxTokens * sizes.layers * sizes.keyValueHeads * sizes.headSize;
        expect(together === 1 || bytes(together) <= 2 * gibibyte).toBe(true);
        expect(bytes(together + 1)).toBeGreaterThan(2 * gibibyte);
      },
    ),
  );
});
