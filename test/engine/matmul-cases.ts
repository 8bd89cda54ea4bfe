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
/** A small left side and one that is larger than the right side and the product together. */
const sizes = [
  { rows: 2, inner: 3, columns: 4 },
  { rows: 9, inner: 7, columns: 2 },
];
const layouts = batches.flatMap((batch) => sizes.map((size) => ({ batch, size })));

/** Every combination of batch axes, sizes, transposition and scale. */
export const matmulCases: readonly GraphCase[] = layouts.flatMap(({ batch: [batchA, batchB], size }) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const { rows, inner, columns } = size;
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
