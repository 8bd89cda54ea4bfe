import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { type FitOptions, fitPrompts } from "./fit-prompts.ts";

const fitted = (lengths: readonly number[], options: Partial<FitOptions<number>> = {}) =>
  fitPrompts({
    benchmark: "aime24",
    items: lengths,
    id: (length) => `aime24/${length}`,
    length: (length) => length,
    maxPositions: 512,
    maxTokens: { usual: 32_768 },
    longPrompts: "refuse",
    ...options,
  });

test("a usual limit is lowered to what the longest prompt leaves", () => {
  expect(fitted([100, 300])).toEqual({ maxTokens: 212, kept: [100, 300], skipped: [] });
  expect(fitted([100, 300], { maxTokens: { usual: 50 } }).maxTokens).toBe(50);
});

test("a limit that was asked for stays, and prompts beyond it are refused by name or skipped", () => {
  const maxTokens = { asked: 400 };
  expect(fitted([100, 112], { maxTokens }).maxTokens).toBe(400);
  expect(() => fitted([100, 113, 200], { maxTokens })).toThrow(DataError);
  expect(() => fitted([100, 113, 200], { maxTokens })).toThrow(
    "aime24: the prompt of aime24/113 (and 1 more) has 113 tokens, which with 400 for its completion exceed the model's 512 positions; lower --max-tokens",
  );
  expect(fitted([100, 113, 200], { maxTokens, longPrompts: "skip" })).toMatchObject({
    kept: [100],
    skipped: [113, 200],
  });
  expect(() => fitted([113], { maxTokens, longPrompts: "skip" })).toThrow("no prompt leaves 400");
  expect(() => fitted([1], { maxTokens: { asked: 512 } })).toThrow("leaves no room for a prompt");
});

test("too little room for any completion is refused rather than used", () => {
  expect(() => fitted([100, 500])).toThrow("leaves 12 of the model's 512 positions");
  expect(fitted([100, 500], { longPrompts: "skip" })).toEqual({
    maxTokens: 256,
    kept: [100],
    skipped: [500],
  });
});

test("what is kept always fits, and every problem is kept or skipped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1 }),
      fc.option(fc.integer({ min: 1, max: 511 })),
      (lengths, asked) => {
        const maxTokens = asked === null ? { usual: 200 } : { asked };
        let result: ReturnType<typeof fitted>;
        try {
          result = fitted(lengths, { maxTokens, longPrompts: "skip" });
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          return;
        }
        expect(result.kept.every((length) => length + result.maxTokens <= 512)).toBe(true);
        expect([...result.kept, ...result.skipped].sort()).toEqual([...lengths].sort());
      },
    ),
  );
});
