import { describe, expect, test } from "vitest";
import { gradients } from "../../src/engine/autodiff.ts";
import type { Backend } from "../../src/engine/backend.ts";
import { buildGraph } from "../../src/engine/graph.ts";
import {
  add,
  gatherRows,
  matmul,
  multiply,
  replaceRows,
  scatterAddRows,
  sumAll,
  zeros,
} from "../../src/engine/operations.ts";
import { panelMatmul } from "../../src/engine/panels.ts";
import { input } from "../../src/engine/tensor.ts";
import { relativeError } from "./closeness.ts";
import { evaluate, prepare, read, write } from "./evaluate.ts";
import { buildCase } from "./graph-case.ts";
import { primitiveExamples } from "./primitive-examples.ts";

/** What every backend must do; `precision` is the largest relative error of a value. */
export function describeBackend(name: string, backend: Backend, precision: number): void {
  const expectClose = (actual: readonly number[], expected: readonly number[]): void =>
    expect(relativeError(actual, expected)).toBeLessThan(precision);

  describe(`the ${name} backend`, () => {
    test("knows its name", () => {
      expect(backend.name).toBe(name);
    });

    test("allocates zeros", () => {
      const floats = backend.allocate([2, 3]);
      expect([floats.shape, floats.elementType, read(floats)]).toEqual([[2, 3], "float", [0, 0, 0, 0, 0, 0]]);
      const integers = backend.allocate([2], "integer");
      expect([integers.elementType, integers.values]).toEqual(["integer", BigInt64Array.of(0n, 0n)]);
      expect(read(backend.allocate([]))).toEqual([0]);
    });

    test("wraps memory without copying it", () => {
      const memory = Float32Array.of(1, 2, 3);
      const x = backend.wrap(memory, [3]);
      expect(x.values).toBe(memory);
      const y = backend.wrap(new Float32Array(3), [3]);
      const bound = backend.compile(buildGraph({ y: add(input("x", [3]), 0.5) })).bind({ x }, { y });
      memory[0] = -1;
      bound.run();
      expect(read(y)).toEqual([-0.5, 2.5, 3.5]);
    });

    test("wraps part of a larger array", () => {
      const memory = Float32Array.of(1, 2, 3, 4);
      const x = backend.wrap(memory.subarray(1, 3), [2]);
      const bound = backend.compile(buildGraph({ x: multiply(input("x", [2]), 10) })).bind({ x }, { x });
      bound.run();
      expect([...memory]).toEqual([1, 20, 30, 4]);
    });

    test("refuses to wrap memory of another size", () => {
      expect(() => backend.wrap(new Float32Array(5), [2, 3])).toThrow(/^internal: .*5 values.*\[2, 3\]/);
    });

    const examples = Object.entries(primitiveExamples).map(([primitive, example]) => ({
      primitive,
      example,
    }));
    test.each(examples)("$primitive $example.name", ({ primitive, example }) => {
      const { value, feeds } = buildCase(example);
      expect(value.primitive).toBe(primitive);
      expectClose(evaluate(backend, { value }, feeds).value, example.expected);
    });

    test("computes several outputs, and gives an input or a constant as one", () => {
      const x = input("x", [2]);
      const outputs = { sum: sumAll(x), same: x, nothing: zeros([2]), double: add(x, x) };
      expect(evaluate(backend, outputs, { x: [3, 4] })).toEqual({
        sum: [7],
        same: [3, 4],
        nothing: [0, 0],
        double: [6, 8],
      });
    });

    test("runs graphs beside each other", async () => {
      const x = input("x", [2]);
      const evaluators = [3, 5].map((factor) =>
        prepare(backend, { y: multiply(x, factor) }, { x: [1, -2] }, { parallelism: "graphs" }),
      );
      const results = await Promise.all(evaluators.map((evaluator) => evaluator.runBeside()));
      expect(results).toEqual([{ y: [3, -6] }, { y: [5, -10] }]);
    });

    test("keeps an input and an output of the same name apart", () => {
      const x = input("x", [2]);
      expect(evaluate(backend, { x: add(x, 1) }, { x: [3, 4] })).toEqual({ x: [4, 5] });
    });

    test("binds one graph to several sets of buffers", () => {
      const compiled = backend.compile(buildGraph({ y: multiply(input("x", [1]), 2) }));
      const sets = [5, 7].map((start) => {
        const [x, y] = [backend.allocate([1]), backend.allocate([1])];
        write(x, [start]);
        return { y, bound: compiled.bind({ x }, { y }) };
      });
      for (const { bound } of sets.toReversed()) {
        bound.run();
      }
      expect(sets.map(({ y }) => read(y))).toEqual([[10], [14]]);
    });

    test.each([1, 3])("adds a product of panels with %i rows onto the buffer it is in", (rows) => {
      const width = backend.panelWidth ?? 2;
      // More inputs than a kernel takes at a time.
      const panels = Math.ceil(300 / width);
      const [x, v] = [input("x", [panels, rows, width]), input("v", [2, panels * width, width])];
      const sums = add(input("sums", [2, rows, width]), panelMatmul(x, v));
      const buffers = { x: backend.allocate(x.shape), v: backend.allocate(v.shape) };
      const sofar = backend.allocate(sums.shape);
      for (const { values } of Object.values(buffers)) {
        values.fill(1 as never);
      }
      const bound = backend.compile(buildGraph({ sums })).bind({ ...buffers, sums: sofar }, { sums: sofar });
      bound.run();
      bound.run();
      expect(read(sofar)).toEqual(Array.from({ length: 2 * rows * width }, () => 2 * panels * width));
      bound.free();
    });

    test("replaces rows of the buffer it reads", () => {
      const table = input("table", [3, 2]);
      const replaced = replaceRows(table, input("row", [1], "integer"), input("values", [1, 2]));
      const compiled = backend.compile(buildGraph({ replaced }));
      const buffer = backend.allocate([3, 2]);
      const row = backend.allocate([1], "integer");
      const values = backend.allocate([1, 2]);
      write(buffer, [1, 2, 3, 4, 5, 6]);
      const bound = compiled.bind({ table: buffer, row, values }, { replaced: buffer });
      for (const [at, numbers] of [
        [2, [10, 20]],
        [0, [30, 40]],
      ] as const) {
        write(row, [at]);
        write(values, numbers);
        bound.run();
      }
      expect(read(buffer)).toEqual([30, 40, 3, 4, 10, 20]);
      bound.free();
      compiled.free();
    });

    describe("accumulates into the buffer it reads", () => {
      const total = input("total", [3, 2]);
      const x = input("x", [4, 3]);
      const y = input("y", [4, 2]);
      const weight = input("weight", [3, 2]);
      const start = [0.5, -0.5, 1, 2, 3, 4];
      const feeds = {
        x: [1, 2, 3, 0, 1, 0, -1, 0, 2, 0, 0, 1],
        y: [1, 2, 3, 4, 5, 6, 7, 8],
        weight: [1, 2, 3, 4, 5, 6],
        ids: [2, 0, 2, 2],
      };
      const product = matmul(x, y, { transposeA: true });
      const productValues = [-4, -4, 5, 8, 20, 26];
      const scattered = scatterAddRows(zeros([3, 2]), input("ids", [4], "integer"), y);
      const scatteredValues = [3, 4, 0, 0, 13, 16];
      const sumOf = (a: readonly number[], b: readonly number[]): number[] =>
        a.map((value, index) => value + b[index]);
      const loss = sumAll(multiply(matmul(x, weight), y));

      test.each([
        ["a product", add(total, product), productValues],
        ["a product that stands first", add(product, total), productValues],
        ["several terms", add(add(total, product), weight), sumOf(productValues, feeds.weight)],
        ["scattered rows", add(total, scattered), scatteredValues],
        [
          "scattered rows and a product",
          add(add(total, scattered), product),
          sumOf(scatteredValues, productValues),
        ],
        ["rows scattered straight onto it", scatterAddRows(total, scattered.inputs[1], y), scatteredValues],
        ["a gradient", gradients(loss, [weight], [total])[0], productValues],
        ["the gradient of what the loss does not depend on", gradients(loss, [total], [total])[0], null],
      ])("%s", (_, sum, added) => {
        const graph = buildGraph({ total: sum });
        const inputs = Object.fromEntries(
          [...graph.inputs].map(([key, { shape, elementType }]) => {
            const buffer = backend.allocate(shape, elementType);
            write(buffer, { ...feeds, total: start }[key]!);
            return [key, buffer];
          }),
        );
        const compiled = backend.compile(graph);
        const bound = compiled.bind(inputs, { total: inputs.total });
        bound.run();
        bound.run();
        bound.free();
        compiled.free();
        const twice = start.map((value, index) => value + 2 * (added?.[index] ?? 0));
        expectClose(read(inputs.total), twice);
      });
    });

    describe("says what is wrong", () => {
      const compiled = backend.compile(buildGraph({ y: add(input("x", [2, 3]), 1) }));
      const [fits, row, integers] = [
        backend.allocate([2, 3]),
        backend.allocate([3]),
        backend.allocate([2, 3], "integer"),
      ];

      test.each([
        [
          "an input of another shape",
          { x: row },
          { y: fits },
          "x wants float [2, 3] and was given float [3]",
        ],
        ["no input", {}, { y: fits }, "x wants float [2, 3] and was given nothing"],
        [
          "an input of integers",
          { x: integers },
          { y: fits },
          "x wants float [2, 3] and was given integer [2, 3]",
        ],
        [
          "an output of another shape",
          { x: fits },
          { y: row },
          "y wants float [2, 3] and was given float [3]",
        ],
        ["no output", { x: fits }, {}, "y wants float [2, 3] and was given nothing"],
      ])("with %s", (_, inputs, outputs, message) => {
        expect(() => compiled.bind(inputs, outputs)).toThrow(`internal: ${message}`);
      });

      test("with ids out of range, and computes on", async () => {
        const graph = buildGraph({ rows: gatherRows(input("table", [3, 2]), input("ids", [2], "integer")) });
        const table = backend.allocate([3, 2]);
        const ids = backend.allocate([2], "integer");
        const rows = backend.allocate([2, 2]);
        write(table, [1, 2, 3, 4, 5, 6]);
        const bound = backend.compile(graph).bind({ table, ids }, { rows });
        write(ids, [0, 3]);
        expect(() => bound.run()).toThrow(/\b3\b/);
        await expect(bound.runBeside()).rejects.toThrow(/\b3\b/);
        write(ids, [2, 0]);
        bound.run();
        expect(read(rows)).toEqual([5, 6, 1, 2]);
      });
    });
  });
}
