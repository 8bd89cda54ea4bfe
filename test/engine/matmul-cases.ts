import { matmul } from "../../src/engine/operations.ts";
import { formatShape, type Shape } from "../../src/engine/shape.ts";
import { floats, type GraphCase } from "./graph-case.ts";

/** Batch axes of both sides. */
const batches: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[2], [2]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[2, 3], []],
  [[], [2, 3]],
  [[2], []],
  [
    [2, 3],
    [1, 1],
  ],
];
const [rows, inner, columns] = [2, 3, 4];

/** Every combination of batch axes, transposition and scale. */
export const matmulCases: readonly GraphCase[] = batches.flatMap(([batchA, batchB]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const a = [...batchA, ...(transposeA ? [inner, rows] : [rows, inner])];
      const b = [...batchB, ...(transposeB ? [columns, inner] : [inner, columns])];
      const scale = transposeA === transposeB ? 1 : 0.375;
      const mark = (transposed: boolean): string => (transposed ? "ᵀ" : "");
      return {
        name: `${scale} ${formatShape(a)}${mark(transposeA)} ${formatShape(b)}${mark(transposeB)}`,
        inputs: [floats(a), floats(b)],
        build: (left, right) => matmul(left, right, { transposeA, transposeB, scale }),
      } satisfies GraphCase;
    }),
  ),
);
