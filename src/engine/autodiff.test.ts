import fc from "fast-check";
import { expect, test } from "vitest";
import { relativeError } from "../../test/engine/closeness.ts";
import { finiteDifferences } from "../../test/engine/differentiate.ts";
import { evaluate } from "../../test/engine/evaluate.ts";
import { buildCase } from "../../test/engine/graph-case.ts";
import { randomGraphs } from "../../test/engine/random-graph.ts";
import { gradients } from "./autodiff.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { ancestors } from "./graph.ts";
import { add, exponential, gatherRows, matmul, multiply, sum, sumAll } from "./operations.ts";
import type { Tensor } from "./primitives.ts";
import { constant, input } from "./tensor.ts";

const backend = createReferenceBackend();

function gradientValues(
  loss: Tensor,
  targets: readonly Tensor[],
  feeds: Readonly<Record<string, readonly number[]>>,
  onto?: readonly Tensor[],
): number[][] {
  const outputs = Object.fromEntries(gradients(loss, targets, onto).map((tensor, index) => [index, tensor]));
  const values = evaluate(backend, outputs, feeds);
  return targets.map((_, index) => values[index]);
}

test("adds up what arrives from every use of a value", () => {
  const x = input("x", [2]);
  const square = multiply(x, x);
  const loss = sumAll(add(add(multiply(square, square), square), multiply(3, x)));
  expect(gradientValues(loss, [x], { x: [2, -1] })).toEqual([[4 * 8 + 4 + 3, -4 - 2 + 3]]);
});

test("computes nothing for what is neither a target nor on the way to one", () => {
  const [x, first, frozen, adapter] = [
    input("x", [2, 3]),
    input("first", [3, 5]),
    input("frozen", [5, 7]),
    input("adapter", [5, 7]),
  ];
  const hidden = matmul(x, first);
  const loss = sumAll(exponential(add(matmul(hidden, frozen), matmul(hidden, adapter))));
  const before = ancestors([loss]);
  const added = ancestors(gradients(loss, [adapter])).filter((tensor) => !before.includes(tensor));
  const shapes = added.filter(({ primitive }) => primitive === "matmul").map(({ shape }) => shape);
  expect(shapes).toEqual([[5, 7]]);
});

test("stops at what is given, as if it were an input", () => {
  const x = input("x", [2]);
  const square = multiply(x, x);
  const loss = sumAll(multiply(multiply(square, square), x));
  const found = gradients(loss, [x, square], [], [square]);
  const values = evaluate(backend, { x: found[0], square: found[1] }, { x: [2, -1] });
  expect(values).toEqual({ x: [16, 1], square: [16, -2] });
});

test("gives zeros where the loss does not depend on a target", () => {
  const [x, y] = [input("x", [2]), input("y", [3, 1])];
  expect(gradientValues(sumAll(x), [y, x], { x: [1, 2], y: [1, 2, 3] })).toEqual([
    [0, 0, 0],
    [1, 1],
  ]);
});

test("gives integers no gradient and passes none through them", () => {
  const table = input("table", [3, 2]);
  const ids = input("ids", [4], "integer");
  const loss = sumAll(multiply(gatherRows(table, ids), constant([1, 2, 3, 4, 5, 6, 7, 8], [4, 2])));
  expect(gradientValues(loss, [table, ids], { ids: [2, 0, 2, 2] })).toEqual([
    [3, 4, 0, 0, 13, 16],
    [0, 0, 0, 0],
  ]);
});

test("differentiates with respect to values inside the graph", () => {
  const x = input("x", [2]);
  const inside = multiply(x, x);
  const loss = sumAll(multiply(inside, inside));
  expect(gradientValues(loss, [inside, x, loss], { x: [2, -1] })).toEqual([[8, 2], [32, -4], [1]]);
});

test("computes nothing for what no target leads to", () => {
  const [x, y] = [input("x", [2]), input("y", [2])];
  const loss = sumAll(add(x, exponential(y)));
  const primitives = ancestors(gradients(loss, [x])).map(({ primitive }) => primitive);
  expect(primitives).not.toContain("exponential");
  expect(primitives).not.toContain("multiply");
});

test("adds each gradient onto a tensor", () => {
  const [x, y, z] = ["x", "y", "z"].map((name) => input(name, [2]));
  const onto = ["a", "b", "c"].map((name) => input(name, [2]));
  const loss = sumAll(add(multiply(x, y), x));
  const feeds = { x: [1, 2], y: [3, 4], z: [0, 0], a: [10, 20], b: [30, 40], c: [50, 60] };
  expect(gradientValues(loss, [x, y, z], feeds, onto)).toEqual([
    [14, 25],
    [31, 42],
    [50, 60],
  ]);
});

test("adds onto a matrix whose axes are exchanged", () => {
  const [x, weight, start] = [input("x", [2, 2]), input("weight", [3, 2]), input("start", [2, 3])];
  const feeds = { x: [1, 2, 3, 4], weight: [1, -1, 2, 0, 0.5, 1] };
  const before = [10, 20, 30, 40, 50, 60];
  const ofProduct = sumAll(exponential(matmul(x, weight, { transposeB: true, scale: 0.5 })));
  const ofOther = sumAll(multiply(multiply(weight, weight), 3));
  for (const loss of [ofProduct, ofOther, add(ofProduct, ofOther)]) {
    const needed = loss === ofOther ? { weight: feeds.weight } : feeds;
    const [upright] = gradientValues(loss, [weight], needed);
    const [added] = gradientValues(loss, [weight], { ...needed, start: before }, [start]);
    const expected = before.map((value, place) => value + upright[2 * (place % 3) + Math.floor(place / 3)]);
    expect(relativeError(added, expected)).toBeLessThan(1e-12);
  }
});

test("refuses to add onto the gradient of a value inside the graph, which flows on", () => {
  const x = input("x", [2]);
  const inside = multiply(x, x);
  const build = (): unknown => gradients(sumAll(inside), [inside, x], [input("a", [2])]);
  expect(build).toThrow(/^internal: /);
});

test("refuses a loss that is no scalar", () => {
  const x = input("x", [2]);
  expect(() => gradients(sum(x, [0]), [x])).toThrow(/^internal: .*scalar/);
});

test("differentiates a gradient once more", () => {
  const x = input("x", [3]);
  const [slope] = gradients(sumAll(exponential(multiply(x, x))), [x]);
  const [curvature] = gradientValues(sumAll(slope), [x], { x: [0, 1, -0.5] });
  const expected = [0, 1, -0.5].map((at) => (2 + 4 * at * at) * Math.exp(at * at));
  expect(relativeError(curvature, expected)).toBeLessThan(1e-12);
});

test("agrees with finite differences on random graphs", () => {
  fc.assert(
    fc.property(randomGraphs, (graphCase) => {
      const { loss, gradients: found, feeds } = buildCase(graphCase);
      const slopes = finiteDifferences(backend, loss, Object.keys(found), feeds);
      const values = evaluate(backend, found, feeds);
      for (const name of Object.keys(found)) {
        expect(relativeError(values[name], slopes[name], 1), name).toBeLessThan(1e-6);
      }
    }),
    { numRuns: 100 },
  );
});
