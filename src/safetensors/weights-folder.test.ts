import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { openWeights } from "./weights-folder.ts";
import { writeWeights } from "./weights-writer.ts";
import { type TensorToWrite, writeSafetensors } from "./writer.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-weights-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const index = () => path.join(directory, "model.safetensors.index.json");
const shard = (name: string, tensor: string) =>
  writeSafetensors(path.join(directory, name), [
    { name: tensor, shape: [1], values: Float32Array.of(tensor.length) },
  ]);

it("reads one file or the shards of an index", () => {
  shard("one.safetensors", "a");
  shard("two.safetensors", "bb");
  writeFileSync(index(), JSON.stringify({ weight_map: { a: "one.safetensors", bb: "two.safetensors" } }));
  const sharded = openWeights(directory);
  expect([...sharded.tensors.keys()]).toEqual(["a", "bb"]);
  expect(sharded.tensors.get("bb")).toMatchObject({ shape: [1], storedType: "F32" });
  const target = new Float32Array(1);
  sharded.readInto("bb", target);
  expect(target[0]).toBe(2);
  expect(() => sharded.readInto("c", target)).toThrow(/has no tensor c; are they/);
  sharded.close();
  shard("model.safetensors", "ccc");
  const single = openWeights(directory);
  expect([...single.tensors.keys()]).toEqual(["ccc"]);
  single.close();
});

it("says what is wrong with an index", () => {
  const fails = (message: RegExp): void => {
    expect(() => openWeights(directory)).toThrow(ModelError);
    expect(() => openWeights(directory)).toThrow(message);
  };
  fails(/has neither model\.safetensors nor model\.safetensors\.index\.json; is it/);
  writeFileSync(path.join(directory, "pytorch_model.bin"), "");
  fails(/pytorch_model\.bin is not read, .*save_pretrained/);
  writeFileSync(index(), "{");
  fails(/index\.json is not JSON .*; copy it again/);
  writeFileSync(index(), "null");
  fails(/index\.json must hold a JSON object/);
  writeFileSync(index(), "{}");
  fails(/index\.json: weight_map lists no tensors/);
  writeFileSync(index(), JSON.stringify({ weight_map: { a: "../one.safetensors" } }));
  fails(/places a in "\.\.\/one\.safetensors", which is no file name/);
  writeFileSync(index(), `{"weight_map":{"a":${"[".repeat(100_000)}`);
  fails(/index\.json is not JSON \(nested deeper than/);
  writeFileSync(index(), JSON.stringify({ weight_map: { a: ".." } }));
  fails(/places a in "\.\.", which is no file name/);
  writeFileSync(index(), JSON.stringify({ weight_map: { a: "one.safetensors" } }));
  fails(/index\.json names one\.safetensors, which is not in the folder/);
  shard("one.safetensors", "b");
  fails(/index\.json places a in one\.safetensors, which does not have it/);
  mkdirSync(path.join(directory, "model.safetensors"));
  fails(/cannot open .*model\.safetensors: it is not a file/);
});

it("takes what a shard holds beyond the index, but not from two shards", () => {
  const pair = (name: string, names: string[]) =>
    writeSafetensors(
      path.join(directory, name),
      names.map((tensor) => ({ name: tensor, shape: [1], values: new Float32Array(1) })),
    );
  pair("one.safetensors", ["a", "more"]);
  pair("two.safetensors", ["b", "a"]);
  writeFileSync(index(), JSON.stringify({ weight_map: { a: "one.safetensors", b: "two.safetensors" } }));
  const weights = openWeights(directory);
  expect([...weights.tensors.keys()].sort()).toEqual(["a", "b", "more"]);
  weights.close();
  pair("two.safetensors", ["b", "more"]);
  expect(() => openWeights(directory)).toThrow(
    /does not list more, which both one\.safetensors and two\.safetensors have/,
  );
});

it("is written in shards with an index, as huggingface_hub cuts them", () => {
  const tensor = (name: string, size: number): TensorToWrite => ({
    name,
    shape: [size],
    values: new Float32Array(size).fill(size),
    storedType: "BF16",
  });
  const tensors = [tensor("c", 3), tensor("a", 2), tensor("huge", 9), tensor("b", 4), tensor("d", 1)];
  writeWeights(directory, tensors, 10);
  const shards = [1, 2, 3].map((number) => `model-0000${number}-of-00003.safetensors`);
  expect(readdirSync(directory).sort()).toEqual([...shards, "model.safetensors.index.json"]);
  expect(JSON.parse(readFileSync(index(), "utf8"))).toEqual({
    metadata: { total_parameters: 19, total_size: 38 },
    weight_map: { a: shards[1], b: shards[2], c: shards[1], d: shards[2], huge: shards[0] },
  });
  const weights = openWeights(directory);
  for (const { name, values } of tensors) {
    const target = new Float32Array(values.length);
    weights.readInto(name, target);
    expect(target).toEqual(values);
  }
  weights.close();
});

it("is one file up to the limit", () => {
  const tensors = ["a", "b"].map((name) => ({ name, shape: [2], values: new Float32Array(2) }));
  writeWeights(directory, tensors, 16);
  expect(readdirSync(directory)).toEqual(["model.safetensors"]);
});
