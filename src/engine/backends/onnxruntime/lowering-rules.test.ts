import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { relativeError } from "../../../../test/engine/closeness.ts";
import { evaluate } from "../../../../test/engine/evaluate.ts";
import { fusionCases } from "../../../../test/engine/fusion-cases.ts";
import { buildCase, floats, type GraphCase } from "../../../../test/engine/graph-case.ts";
import { primitiveCases } from "../../../../test/engine/primitive-cases.ts";
import { randomGraphs } from "../../../../test/engine/random-graph.ts";
import { buildGraph } from "../../graph.ts";
import { add, matmul, sigmoid, swiglu } from "../../operations.ts";
import type { Tensor } from "../../primitives.ts";
import { input } from "../../tensor.ts";
import { createReferenceBackend } from "../reference/backend.ts";
import { createOnnxRuntimeBackend } from "./backend.ts";

const onnxRuntime = createOnnxRuntimeBackend({ threads: 2 });
const reference = createReferenceBackend();

/** Compares values and gradients, once in one graph, where gradients share the forward pass, and the value alone. */
function compare(graphCase: GraphCase, precision = 1e-5): void {
  const { value, loss, gradients, feeds } = buildCase(graphCase);
  const outputSets: Readonly<Record<string, Tensor>>[] = [
    { value, loss, ...gradients },
    { value },
    { loss, ...gradients },
  ];
  for (const outputs of outputSets) {
    const actual = evaluate(onnxRuntime, outputs, feeds);
    const expected = evaluate(reference, outputs, feeds);
    for (const name of Object.keys(outputs)) {
      // The loss sums terms of both signs: it rounds at their size, not at its own.
      const smallest = name === "loss" ? 1 : 1e-2;
      expect(relativeError(actual[name], expected[name], smallest), name).toBeLessThan(precision);
    }
  }
}

describe.each(Object.entries(primitiveCases))("%s on ONNX Runtime", (_, cases) => {
  test.each(cases)("agrees with the reference: $name", (graphCase) => compare(graphCase));
});

describe("what is written as one operator", () => {
  test.each(fusionCases)("agrees with the reference: $name", (graphCase) => compare(graphCase));
});

describe("products of few rows with large weights", () => {
  const cases = [
    { rows: 1, inputs: 512, outputs: 256 },
    { rows: 2, inputs: 512, outputs: 256 },
    { rows: 7, inputs: 256, outputs: 512 },
    { rows: 8, inputs: 256, outputs: 512 },
    { rows: 96, inputs: 1024, outputs: 128 },
    { rows: 33, inputs: 256, outputs: 512 },
  ];
  test.each(cases)("agree with the reference: $rows x $inputs x $outputs", ({ rows, inputs, outputs }) => {
    const [x, weights, bias] = [floats([rows, inputs]), floats([outputs, inputs]), floats([outputs])];
    const product = (): Tensor =>
      matmul(input("x", x.shape), input("weights", weights.shape), { transposeB: true, scale: 0.125 });
    const feeds = { x: x.values, weights: weights.values, bias: bias.values };
    for (const result of [product(), add(product(), input("bias", bias.shape))]) {
      const actual = evaluate(onnxRuntime, { result }, feeds);
      const expected = evaluate(reference, { result }, feeds);
      expect(relativeError(actual.result, expected.result, 1e-2)).toBeLessThan(1e-5);
    }
  });
});

test.each([
  [16, 64],
  [64, 16],
])("a long product of a transposed operand agrees with the reference: %i x 400 x %i", (rows, columns) => {
  const [a, b] = [floats([400, rows]), floats([400, columns])];
  const product = matmul(input("a", a.shape), input("b", b.shape), { transposeA: true, scale: 0.1 });
  const feeds = { a: a.values, b: b.values };
  const actual = evaluate(onnxRuntime, { product }, feeds);
  const expected = evaluate(reference, { product }, feeds);
  expect(relativeError(actual.product, expected.product, 1e-2)).toBeLessThan(1e-5);
});

test("an MLP of few rows agrees with the reference, alone and where its parts are read too", () => {
  const [rows, inputs, width] = [8, 256, 512];
  const values = {
    x: floats([rows, inputs]),
    gate: floats([width, inputs]),
    up: floats([width, inputs]),
    down: floats([inputs, width]),
  };
  const tensor = (name: keyof typeof values): Tensor => input(name, values[name].shape);
  const project = (x: Tensor, name: keyof typeof values): Tensor =>
    matmul(x, tensor(name), { transposeB: true, scale: 0.1 });
  const feeds = Object.fromEntries(Object.entries(values).map(([name, given]) => [name, given.values]));
  const x = tensor("x");
  const [gate, up] = [project(x, "gate"), project(x, "up")];
  const activated = swiglu(gate, up);
  const hidden = project(activated, "down");
  const outputSets: Readonly<Record<string, Tensor>>[] = [
    { hidden },
    { hidden, gate, up, activated, sum: add(activated, sigmoid(gate)) },
  ];
  for (const outputs of outputSets) {
    const actual = evaluate(onnxRuntime, outputs, feeds);
    const expected = evaluate(reference, outputs, feeds);
    for (const name of Object.keys(outputs)) {
      expect(relativeError(actual[name], expected[name], 1e-2), name).toBeLessThan(1e-5);
    }
  }
});

test("a product large enough for Gemm is added onto its buffer in place", () => {
  const [rows, columns] = [4096, 4097];
  const [a, b] = [input("a", [1, rows]), input("b", [1, columns])];
  const sums = input("sums", [rows, columns]);
  const compiled = onnxRuntime.compile(
    buildGraph({ sums: add(sums, matmul(a, b, { transposeA: true, scale: 0.5 })) }),
  );
  const buffers = {
    a: onnxRuntime.wrap(
      Float32Array.from({ length: rows }, (_, i) => i % 7),
      a.shape,
    ),
    b: onnxRuntime.wrap(
      Float32Array.from({ length: columns }, (_, i) => i % 5),
      b.shape,
    ),
    sums: onnxRuntime.allocate(sums.shape),
  };
  const bound = compiled.bind(buffers, { sums: buffers.sums });
  bound.run();
  bound.run();
  for (const [row, column] of [
    [0, 0],
    [6, 4],
    [4095, 4096],
    [2048, 3],
  ]) {
    expect(buffers.sums.values[row * columns + column]).toBe((row % 7) * (column % 5));
  }
  bound.free();
  compiled.free();
});

test("random graphs agree with the reference", () => {
  // Rounding adds up over a dozen steps.
  fc.assert(
    fc.property(randomGraphs, (graphCase) => compare(graphCase, 1e-4)),
    { numRuns: 40 },
  );
});
