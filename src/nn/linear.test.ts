import { expect, test } from "vitest";
import { evaluate } from "../../test/engine/evaluate.ts";
import { createReferenceBackend } from "../engine/backends/reference/backend.ts";
import { input } from "../engine/tensor.ts";
import { type LinearLayer, linear, linearAt } from "./linear.ts";

const backend = createReferenceBackend();
const feeds = {
  x: [1, 2, -1, 3],
  weight: [1, 0, 0, 1, 2, -1],
  bias: [10, 20, 30],
  a: [1, 1],
  b: [1, 2, 3],
  indices: [2, 0],
};
const layer: LinearLayer = {
  weight: input("weight", [3, 2]),
  bias: input("bias", [3]),
  adapter: { a: input("a", [1, 2]), b: input("b", [3, 1]), scale: 0.5 },
};
const x = input("x", [2, 2]);

test("adds bias and scaled adapter to the product with the transposed weight", () => {
  const { output } = evaluate(backend, { output: linear(x, layer) }, feeds);
  expect(output).toEqual([1 + 10 + 1.5, 2 + 20 + 3, 0 + 30 + 4.5, -1 + 10 + 1, 3 + 20 + 2, -5 + 30 + 3]);
});

test("one output a row is the same as from all of them", () => {
  const indices = input("indices", [2], "integer");
  const { output } = evaluate(backend, { output: linearAt(x, layer, indices) }, feeds);
  expect(output).toEqual([34.5, 10]);
});
