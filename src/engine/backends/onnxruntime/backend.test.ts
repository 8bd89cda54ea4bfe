import { expect, test } from "vitest";
import { describeBackend } from "../../../../test/engine/backend-suite.ts";
import { evaluate } from "../../../../test/engine/evaluate.ts";
import { BackendError } from "../../../errors.ts";
import { gatherRows } from "../../operations.ts";
import { input } from "../../tensor.ts";
import { createOnnxRuntimeBackend } from "./backend.ts";

const backend = createOnnxRuntimeBackend({ threads: 2 });

describeBackend("onnxruntime", backend, 1e-6);

test("an error of ONNX Runtime keeps its message", () => {
  const rows = gatherRows(input("table", [3, 2]), input("ids", [1], "integer"));
  const feeds = { table: [1, 2, 3, 4, 5, 6], ids: [7] };
  expect(() => evaluate(backend, { rows }, feeds)).toThrow(BackendError);
  expect(() => evaluate(backend, { rows }, feeds)).toThrow(/^ONNX Runtime: .*idx=7.*\[-3,2\]/);
});
