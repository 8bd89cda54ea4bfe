import { expect, test } from "vitest";
import { buildGraph } from "../../graph.ts";
import { add, exponential, logSumExp, matmul, multiply, reshape } from "../../operations.ts";
import type { Tensor } from "../../primitives.ts";
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

test("what a later result alone needs is not there before", () => {
  const ofLater = exponential(matmul(x, x));
  const ofFirst = matmul(x, x);
  expect(peakMemory(buildGraph({ first: matmul(ofFirst, x), later: matmul(ofLater, x) }))).toBe(bytes);
});

test("a reshape is the same memory", () => {
  const flat = reshape(matmul(x, x), [100]);
  expect(peakMemory(buildGraph({ y: reshape(add(exponential(flat), 1), [20, 5]) }))).toBe(bytes);
});

test("softmax and transposed operands take a copy on the side", () => {
  expect(peakMemory(buildGraph({ y: logSumExp(matmul(x, x)) }))).toBe(2 * bytes);
  expect(peakMemory(buildGraph({ y: matmul(x, x, { transposeA: true }) }))).toBe(bytes);
});

test("a long product with a narrower right operand is transposed, but not within an addition", () => {
  const product = (rows: number, columns: number): Tensor =>
    matmul(input("a", [400, rows]), input("b", [400, columns]), { transposeA: true });
  expect(peakMemory(buildGraph({ y: product(20, 40) }))).toBe(4 * 400 * 20);
  expect(peakMemory(buildGraph({ y: product(40, 20) }))).toBe(4 * 400 * 20);
  expect(peakMemory(buildGraph({ y: product(40, 10) }))).toBe(4 * 400 * 10);
  const sums = input("sums", [8192, 2048]);
  expect(peakMemory(buildGraph({ y: add(sums, product(8192, 2048)) }))).toBe(4 * 400 * 8192);
});
