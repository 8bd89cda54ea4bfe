import { expect, test } from "vitest";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { createReferenceBackend } from "../../engine/backends/reference/backend.ts";
import { createLaneSum } from "./lane-sum.ts";

test.each([
  ["onnxruntime", () => createOnnxRuntimeBackend({ threads: 2 })],
  ["reference", createReferenceBackend],
] as const)("%s: the first lane holds the sum of all, the others zeros", (_, create) => {
  const backend = create();
  const shapes = { matrix: [3, 5], bias: [4] };
  const lanes = [1, 10, 100].map(
    (unit) =>
      new Map(
        Object.entries(shapes).map(([name, shape]) => {
          const buffer = backend.allocate(shape);
          buffer.values.forEach((__, index) => {
            buffer.values[index] = unit * (index + 1);
          });
          return [name, buffer];
        }),
      ),
  );
  const sum = createLaneSum(backend, lanes);
  const read = () =>
    lanes.map((lane) => [...lane.values()].flatMap(({ values }) => Array.from(values, Number)));
  const indices = [...Array.from({ length: 15 }, (__, i) => i + 1), 1, 2, 3, 4];
  const zeros = indices.map(() => 0);
  sum.run();
  expect(read()).toEqual([indices.map((i) => 111 * i), zeros, zeros]);
  lanes[2].get("bias")!.values[3] = 1;
  sum.run();
  expect(read()).toEqual([indices.map((i, index) => 111 * i + (index === 18 ? 1 : 0)), zeros, zeros]);
  sum.free();
});
