import { expect, test } from "vitest";
import { buildGraph } from "../../graph.ts";
import { add, exponential, logSumExp, matmul, multiply, reshape } from "../../operations.ts";
import { input } from "../../tensor.ts";
import { peakMemory } from "./peak-memory.ts";

const x = input("x", [10, 10]);
const bytes = 4 * 100;

test("inputs and outputs are not the graph's", () => {
  expect(peakMemory(buildGraph({ y: exponential(x) }))).toBe(0);
});

test("a value ends with its last reader", () => {
  const first = matmul(x, x);
  const chain = matmul(matmul(first, x), x);
  expect(peakMemory(buildGraph({ y: chain }))).toBe(2 * bytes);
  expect(peakMemory(buildGraph({ y: matmul(chain, first) }))).toBe(3 * bytes);
});

test("elementwise operators take the place of what they read last", () => {
  const squared = matmul(x, x);
  expect(peakMemory(buildGraph({ y: matmul(exponential(squared), x) }))).toBe(bytes);
  const kept = multiply(exponential(squared), squared);
  expect(peakMemory(buildGraph({ y: matmul(kept, x) }))).toBe(2 * bytes);
});

test("a reshape is the same memory", () => {
  const flat = reshape(matmul(x, x), [100]);
  expect(peakMemory(buildGraph({ y: reshape(add(exponential(flat), 1), [20, 5]) }))).toBe(bytes);
});

test("log-softmax and transposed operands take a copy on the side", () => {
  expect(peakMemory(buildGraph({ y: logSumExp(matmul(x, x)) }))).toBe(2 * bytes);
  expect(peakMemory(buildGraph({ y: matmul(x, x, { transposeA: true }) }))).toBe(bytes);
});
