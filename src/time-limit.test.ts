import { expect, it } from "vitest";
import { runWithin, TimeLimitError } from "./time-limit.ts";

it("gives what the work gives, and throws what it throws", () => {
  const value = { a: 1 };
  expect(runWithin(10_000, () => value)).toBe(value);
  const error = new RangeError("own");
  expect(() =>
    runWithin(10_000, () => {
      throw error;
    }),
  ).toThrow(error);
  expect(runWithin(10_000, () => runWithin(10_000, () => 1) + 1)).toBe(2);
});

it("stops a loop, and a regular expression that backtracks", () => {
  expect(() =>
    runWithin(20, () => {
      for (;;) {}
    }),
  ).toThrow(TimeLimitError);
  expect(() => runWithin(20, () => /^(a+)+$/.test(`${"a".repeat(60)}b`))).toThrow(TimeLimitError);
  expect(runWithin(10_000, () => 1)).toBe(1);
});
