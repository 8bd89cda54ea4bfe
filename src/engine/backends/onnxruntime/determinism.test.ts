import { describe, expect, test } from "vitest";
import { relativeError } from "../../../../test/engine/closeness.ts";
import { evaluate, prepare } from "../../../../test/engine/evaluate.ts";
import { createRandom } from "../../../random.ts";
import { gradients } from "../../autodiff.ts";
import {
  add,
  gatherRows,
  logSumExp,
  matmul,
  multiply,
  rmsNorm,
  scatterAddRows,
  softmax,
  sumAll,
  swiglu,
} from "../../operations.ts";
import type { Tensor } from "../../primitives.ts";
import { sizeOf } from "../../shape.ts";
import { input } from "../../tensor.ts";
import { createReferenceBackend } from "../reference/backend.ts";
import { createOnnxRuntimeBackend } from "./backend.ts";

const backend = createOnnxRuntimeBackend({ threads: 2 });
const runs = 20;

/** Large enough that ONNX Runtime divides the work among threads. */
const [rows, width, vocabulary] = [4096, 64, 8];

function randomFeeds(tensors: readonly Tensor[]): Record<string, number[]> {
  const random = createRandom(7);
  return Object.fromEntries(
    tensors.map(({ shape, elementType, attributes }) => [
      (attributes as { name: string }).name,
      Array.from({ length: sizeOf(shape) }, () =>
        elementType === "integer" ? random.integer(vocabulary) : Math.fround(random.normal()),
      ),
    ]),
  );
}

const table = input("table", [vocabulary, width]);
const ids = input("ids", [rows], "integer");
const values = input("values", [rows, width]);
const weight = input("weight", [width]);
const projection = input("projection", [width, width]);
const feeds = randomFeeds([table, ids, values, weight, projection]);

const scattered = scatterAddRows(table, ids, values);
const normed = rmsNorm(gatherRows(table, ids), weight, 1e-6);
const hidden = add(matmul(swiglu(normed, normed), projection), values);
const loss = sumAll(multiply(logSumExp(hidden), softmax(hidden)));
const [tableGradient, weightGradient, projectionGradient] = gradients(loss, [table, weight, projection]);

describe.each(["operators", "graphs"] as const)(
  "with threads for %s, two runs give the same bits",
  (parallelism) => {
    test.each([
      ["rows added to rows that are named hundreds of times", { scattered }],
      ["a loss and its gradients", { loss, tableGradient, weightGradient, projectionGradient }],
    ])("%s", (_, outputs) => {
      const first = prepare(backend, outputs, feeds, { parallelism });
      const again = prepare(backend, outputs, feeds, { parallelism });
      const expected = first.run();
      for (let run = 0; run < runs; run++) {
        expect(first.run()).toEqual(expected);
        expect(again.run()).toEqual(expected);
      }
      first.free();
      again.free();
    });

    test("graphs that run beside each other", async () => {
      const outputs = { scattered, loss, tableGradient };
      const evaluators = [1, 2, 3].map(() => prepare(backend, outputs, feeds, { parallelism }));
      const expected = evaluators[0].run();
      for (let run = 0; run < runs / 4; run++) {
        const results = await Promise.all(evaluators.map((evaluator) => evaluator.runBeside()));
        expect(results).toEqual([expected, expected, expected]);
      }
      for (const evaluator of evaluators) {
        evaluator.free();
      }
    });
  },
);

test("every row that is added arrives", () => {
  const [actual, expected] = [backend, createReferenceBackend()].map(
    (which) => evaluate(which, { scattered }, feeds).scattered,
  );
  expect(relativeError(actual, expected)).toBeLessThan(1e-5);
});
