import fc from "fast-check";
import { expect, test } from "vitest";
import type { LanguageModel, ModelDimensions } from "../../models/model.ts";
import { completionsWithin, planWaves } from "./decode-layouts.ts";

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

test("waves hold every request once, of one count, and no more rows than allowed unless it is one request", () => {
  const dimensions = { layers: 24, keyValueHeads: 2, headSize: 64 } as ModelDimensions;
  const request = fc.record({
    count: fc.integer({ min: 1, max: 6 }),
    promptTokenIds: fc.nat(300).map((length) => Array.from({ length }, () => 0)),
  });
  fc.assert(
    fc.property(
      fc.array(request, { maxLength: 30 }),
      fc.integer({ min: 1, max: 16 }),
      fc.constantFrom(16, 4096, 100_000),
      (requests, maxRows, maxTokens) => {
        const waves = planWaves({ dimensions } as LanguageModel, requests, maxTokens, maxRows);
        expect(new Set(waves.flat())).toEqual(new Set(requests));
        expect(waves.flat()).toHaveLength(requests.length);
        const together = completionsWithin({ dimensions } as LanguageModel, maxTokens);
        for (const wave of waves) {
          const rows = wave.reduce((sum, { count }) => sum + count, 0);
          expect(new Set(wave.map(({ count }) => count)).size).toBe(1);
          expect(wave.length === 1 || rows <= Math.min(maxRows, together)).toBe(true);
        }
      },
    ),
  );
});
