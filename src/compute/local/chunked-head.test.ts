import { expect, test } from "vitest";
import { evaluate } from "../../../test/engine/evaluate.ts";
import { gradients } from "../../engine/autodiff.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { add, gatherRows, multiply, sumAll } from "../../engine/operations.ts";
import { input } from "../../engine/tensor.ts";
import { tokenLogprobs } from "../../losses/token-logprobs.ts";
import { linear, linearAt } from "../../nn/linear.ts";
import { createRandom } from "../../random.ts";
import { chunkedHead } from "./chunked-head.ts";
import { symbolicLoss } from "./loss-inputs.ts";

const [rows, width, vocabulary, rank] = [7, 4, 11, 2];
const random = createRandom(1);
const normal = (size: number) => Array.from({ length: size }, () => random.normal());
const feeds = {
  ...{ x: normal(rows * width), weight: normal(vocabulary * width), a: normal(rank * width) },
  ...{ b: normal(vocabulary * rank), "gradient:weight": normal(vocabulary * width) },
  ...{ "gradient:a": normal(rank * width), "gradient:b": normal(vocabulary * rank) },
  ...{
    targets: [3, 0, 10, 5, 5, 1, 7],
    ids: [2, 3, 3, 9, 0, 1, 5],
    weights: normal(rows),
    oldLogprobs: normal(rows).map((v) => v - 2),
  },
  ...{ lowestLogRatios: normal(rows).map((v) => v - 3), highestLogRatios: normal(rows).map((v) => v + 3) },
};
const kind = { ratio: true, kl: false };

test.each([
  ["reference", createReferenceBackend()],
  ["onnxruntime", createOnnxRuntimeBackend({ threads: 2 })],
])("gradients through a head in chunks are those through the whole head, on %s", (_, backend) => {
  const names = ["weight", "a", "b"] as const;
  const shapes = { weight: [vocabulary, width], a: [rank, width], b: [vocabulary, rank] };
  const tensors = {
    weight: input("weight", shapes.weight),
    a: input("a", shapes.a),
    b: input("b", shapes.b),
  };
  const parameters = names.map((name) => tensors[name]);
  const before = names.map((name) => input(`gradient:${name}`, shapes[name]));
  const layer = { weight: tensors.weight, adapter: { a: tensors.a, b: tensors.b, scale: 0.5 } };
  const head = {
    vocabularySize: vocabulary,
    logits: (hidden: typeof x) => linear(hidden, layer),
    logitsAt: (hidden: typeof x, ids: typeof x) => linearAt(hidden, layer, ids),
  };
  const x = input("x", [rows, width]);
  // Where embeddings are tied, the head's weight is on the way to what the head reads.
  const read = add(x, gatherRows(tensors.weight, input("ids", [rows], "integer")));

  const logprobs = tokenLogprobs(read, head, input("targets", [rows], "integer"));
  const whole = gradients(symbolicLoss(logprobs, kind), [...parameters, x], before);
  const expected = evaluate(
    backend,
    { logprobs, weight: whole[0], a: whole[1], b: whole[2], x: whole[3] },
    feeds,
  );
  for (const size of [1, 3, 6]) {
    const chunks = Array.from({ length: Math.ceil(rows / size) }, (_, chunk) => ({
      start: chunk * size,
      end: Math.min(rows, (chunk + 1) * size),
    }));
    const passed = chunkedHead(read, head, kind, parameters, before, chunks);
    const arriving = sumAll(multiply(read, passed.rows));
    const [weight, a, b, ofX] = gradients(arriving, [...parameters, x], passed.parameters, [passed.rows]);
    const found = evaluate(backend, { logprobs: passed.logprobs, weight, a, b, x: ofX }, feeds);
    for (const [name, values] of Object.entries(expected)) {
      values.forEach((value, index) => {
        expect(found[name][index]).toBeCloseTo(value, 4);
      });
    }
  }
});
