import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ModelProtoSchema } from "./onnx_pb.ts";
import { OnnxWriter } from "./onnx-writer.ts";

const x = { name: "x", shape: [2, 6], elementType: "float" } as const;

/** The nodes of the written model: operator, inputs without constants, outputs. */
function written(writer: OnnxWriter, outputs: Parameters<OnnxWriter["finish"]>[1]): string[] {
  const { graph } = fromBinary(ModelProtoSchema, writer.finish([x], outputs));
  const constants = new Set(graph!.initializer.map(({ name }) => name));
  return graph!.node.map(
    ({ opType, input, output }) =>
      `${opType}(${input.filter((name) => !constants.has(name)).join(", ")}) -> ${output.join(", ")}`,
  );
}

test("of reshapes in a row the last alone is written, and the same one once", () => {
  const writer = new OnnxWriter();
  const first = writer.reshape("x", [3, 4]);
  const second = writer.reshape(first, [4, 3]);
  expect(writer.reshape("x", [4, 3])).toBe(second);
  const [y] = writer.node("Neg", [second]);
  expect(written(writer, [{ name: "y", value: y, shape: [4, 3] }])).toEqual([
    `Reshape(x) -> ${second}`,
    `Neg(${second}) -> y`,
  ]);
});

test("nodes that no output needs are left out", () => {
  const writer = new OnnxWriter();
  const [needed] = writer.node("Neg", ["x"]);
  writer.node("Exp", [needed]);
  expect(written(writer, [{ name: "y", value: needed, shape: x.shape }])).toEqual(["Neg(x) -> y"]);
});

test("a value takes an output's name; a second output and an input that is one are copied", () => {
  const writer = new OnnxWriter();
  const [y] = writer.node("Neg", ["x"]);
  const outputs = [
    { name: "y", value: y, shape: x.shape },
    { name: "again", value: y, shape: x.shape },
    { name: "same", value: "x", shape: x.shape },
  ];
  expect(written(writer, outputs)).toEqual(["Neg(x) -> y", "Identity(x) -> same", "Identity(y) -> again"]);
});

test("results stand behind all that others read, the last one first", () => {
  const writer = new OnnxWriter();
  const [early] = writer.node("Exp", ["x"]);
  const [between] = writer.node("Neg", ["x"]);
  const [late] = writer.node("Exp", [between]);
  const outputs = [
    { name: "early", value: early, shape: x.shape },
    { name: "late", value: late, shape: x.shape },
  ];
  expect(written(writer, outputs)).toEqual([
    `Neg(x) -> ${between}`,
    `Exp(${between}) -> late`,
    "Exp(x) -> early",
  ]);
});
