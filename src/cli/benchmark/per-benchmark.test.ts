import { expect, test } from "vitest";
import { numberFor, type PerBenchmark, perBenchmark } from "./per-benchmark.ts";

test("a number of one benchmark wins over that of all, in whatever order they come", () => {
  const parse = perBenchmark(Number);
  const read = (...texts: string[]) =>
    texts.reduce<PerBenchmark | undefined>((previous, text) => parse(text, previous), undefined);
  for (const given of [read("4", "aime24=16"), read("aime24=16", "4"), read("aime24=1", "aime24=16", "4")]) {
    expect(numberFor("aime24", given)).toBe(16);
    expect(numberFor("amc23", given)).toBe(4);
  }
  expect(numberFor("amc23", read("aime24=16"))).toBeUndefined();
  expect(numberFor("amc23", undefined)).toBeUndefined();
});
