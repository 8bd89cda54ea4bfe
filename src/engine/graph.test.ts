import { expect, test } from "vitest";
import { buildGraph } from "./graph.ts";
import { add, exponential, multiply } from "./operations.ts";
import { input } from "./tensor.ts";

test("a graph holds what its outputs depend on, once, after what it depends on", () => {
  const [x, y, unused] = ["x", "y", "unused"].map((name) => input(name, [2]));
  const product = multiply(x, y);
  const total = add(product, exponential(product));
  exponential(unused);
  const graph = buildGraph({ total, product });
  expect([...graph.inputs]).toEqual([
    ["x", x],
    ["y", y],
  ]);
  expect([...graph.outputs]).toEqual([
    ["total", total],
    ["product", product],
  ]);
  expect(graph.tensors).toEqual([x, y, product, total.inputs[1], total]);
});

test("a chain of ten thousand steps is no deeper than the stack allows", () => {
  let last = input("x", []);
  for (let step = 0; step < 10_000; step++) {
    last = add(last, last);
  }
  expect(buildGraph({ last }).tensors).toHaveLength(10_001);
});

test("two inputs cannot share a name", () => {
  const build = (): unknown => buildGraph({ y: add(input("x", [2]), input("x", [2])) });
  expect(build).toThrow(/^internal: .*\bx\b/);
});
