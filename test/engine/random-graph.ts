import fc from "fast-check";
import {
  add,
  broadcast,
  concatenate,
  divide,
  exponential,
  gatherRows,
  logarithm,
  logSumExp,
  matmul,
  multiply,
  negate,
  reshape,
  rmsNorm,
  rotate,
  scatterAddRows,
  sigmoid,
  slice,
  softmax,
  subtract,
  sum,
  swiglu,
  transpose,
  zeros,
} from "../../src/engine/operations.ts";
import type { Tensor } from "../../src/engine/primitives.ts";
import { constant } from "../../src/engine/tensor.ts";
import { createRandom } from "../../src/random.ts";
import { floats, type GraphCase, integers } from "./graph-case.ts";

/** Side of the square matrices that random graphs compute with. */
const size = 4;
const square = [size, size];

/** Brings a tensor that broadcasts to the square there. */
function squared(x: Tensor): Tensor {
  return broadcast(x, square);
}

function rotated(x: Tensor, ids: Tensor, inverse: boolean): Tensor {
  const angles = Array.from({ length: 2 * size }, (_, index) => 0.4 * index);
  const cosines = constant(angles.map(Math.cos), [size, 2]);
  const sines = constant(angles.map(Math.sin), [size, 2]);
  return rotate(x, ids, cosines, sines, { heads: 1, inverse });
}

/** Makes one more square matrix of two earlier ones and row numbers. */
type Step = (a: Tensor, b: Tensor, ids: Tensor) => Tensor;

const steps: readonly Step[] = [
  (a, b) => add(a, b),
  (a, b) => subtract(a, b),
  (a, b) => multiply(a, b),
  (a, b) => divide(a, add(sigmoid(b), 0.5)),
  (a) => negate(a),
  (a) => exponential(sigmoid(a)),
  (a) => logarithm(add(sigmoid(a), 0.5)),
  (a, b) => swiglu(a, b),
  (a, b) => matmul(a, b, { scale: 0.5 }),
  (a, b) => matmul(a, b, { transposeA: true, scale: 0.25 }),
  (a, b) => matmul(a, b, { transposeB: true, scale: -0.5 }),
  (a, b) => reshape(matmul(reshape(a, [2, 2, size]), b, { scale: 0.5 }), square),
  (a, b) => add(a, sum(b, [0])),
  (a, b) => add(matmul(a, b, { scale: 0.5 }), sum(b, [1])),
  (a, b) => multiply(sum(a, [0, 1]), multiply(b, 0.1)),
  (a) => softmax(a),
  (a) => squared(logSumExp(a)),
  (a) => transpose(a, [1, 0]),
  (a) => concatenate([slice(a, 0, 1, size), slice(a, 0, 0, 1)], 0),
  (a, b) => concatenate([slice(a, 1, 2, size), slice(b, 1, 1, 3)], 1),
  (a, _, ids) => gatherRows(a, ids),
  (a, b, ids) => scatterAddRows(a, ids, b),
  (a, b, ids) => add(a, scatterAddRows(zeros(square), ids, b)),
  (a, b) => rmsNorm(add(a, 1), reshape(slice(b, 0, 0, 1), [size]), 0.1),
  (a, _, ids) => rotated(a, ids, false),
  (a, _, ids) => rotated(a, ids, true),
];

/** Random graphs of up to twelve steps over three matrices; a value may serve many steps or none. */
export const randomGraphs: fc.Arbitrary<GraphCase> = fc
  .record({
    plan: fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 }),
    seed: fc.nat(),
    ids: fc.array(fc.nat(size - 1), { minLength: size, maxLength: size }),
  })
  .map(({ plan, seed, ids }) => {
    const random = createRandom(seed);
    const given = [square, [1, size], []].map((shape) => floats(shape, [-1, 1], random));
    const build: GraphCase["build"] = (matrix, row, scalar, rowIds) => {
      const made = [matrix, squared(row), squared(scalar)];
      for (const [step, a, b] of plan) {
        const next = steps[step](made[a % made.length], made[b % made.length], rowIds);
        // Products of products would grow beyond what differences can resolve.
        made.push(subtract(multiply(sigmoid(next), 4), 2));
      }
      return made[made.length - 1];
    };
    const name = plan.map(([step, a, b]) => `${step}(${a}, ${b})`).join(" ");
    return { name, inputs: [...given, integers(ids)], build };
  });
