import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { ModelError } from "../../errors.ts";
import { createModel } from "../../models/registry.ts";
import { createRandom } from "../../random.ts";
import { openWeights } from "../../safetensors/weights-folder.ts";
import { writeWeights } from "../../safetensors/weights-writer.ts";
import type { TensorToWrite, WrittenType } from "../../safetensors/writer.ts";
import { readModelFolder, withWeights } from "./model-folder.ts";
import { createPolicy, type Policy } from "./policy.ts";
import { createSavedFolder, type SavedDtype } from "./saved-folder.ts";
import { weightWarnings } from "./stored-weights.ts";

const backend = createOnnxRuntimeBackend({ threads: 1 });
const embedding = "model.embed_tokens.weight";
const head = "lm_head.weight";
const configuration = {
  model_type: "qwen2",
  vocab_size: 6,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 16,
};

type Json = Record<string, unknown>;

/** A folder with random weights, which `change` may alter before they are written. */
function modelFolder(
  given: Json,
  change: (tensors: TensorToWrite[]) => TensorToWrite[] = (tensors) => tensors,
  storedType: WrittenType = "F32",
): string {
  const directory = temporaryFolder();
  const config = { ...configuration, ...given };
  writeFileSync(path.join(directory, "config.json"), JSON.stringify(config));
  const random = createRandom(1);
  const tensors = createModel(config, "config").parameters.map(({ name, shape }): TensorToWrite => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    return { name, shape, values, storedType };
  });
  writeWeights(directory, change(tensors));
  return directory;
}

function load(directory: string): Policy {
  const { model } = readModelFolder(directory);
  return withWeights(directory, model, (fill) => createPolicy(backend, model, fill));
}

const valuesOf = (policy: Policy, name: string) => policy.parameters.get(name)!.values as Float32Array;

function save(directory: string, dtype: SavedDtype, shardBytes?: number, policy = load(directory)): string {
  const { sideFiles, weights } = readModelFolder(directory);
  const saved = temporaryFolder();
  createSavedFolder(policy, { sideFiles, types: weights.types }, { dtype, shardBytes }).write(saved);
  return saved;
}

/** Stored type and bytes of every tensor. */
function contents(directory: string) {
  const { tensors, close } = openWeights(directory);
  close();
  return [...tensors.values()].map(({ name, storedType }) => [name, storedType]).sort();
}

const withHead = (change: (head: Float32Array) => void) => (tensors: TensorToWrite[]) => {
  const source = tensors.find(({ name }) => name === embedding)!;
  const values = Float32Array.from(source.values);
  change(values);
  return [...tensors, { ...source, name: head, values }];
};

test("a head that equals the embedding it is tied to is fine, and is not saved", () => {
  const directory = modelFolder(
    { tie_word_embeddings: true },
    withHead(() => {}),
  );
  expect(readModelFolder(directory).weights).toMatchObject({ tiedHeadStored: true, unused: [] });
  expect(contents(save(directory, "source")).map(([name]) => name)).not.toContain(head);
});

test("a head that differs from the embedding it is tied to is refused, with the way out", () => {
  const directory = modelFolder(
    { tie_word_embeddings: true },
    withHead((values) => {
      values[values.length - 1] += 1;
    }),
  );
  expect(() => load(directory)).toThrow(ModelError);
  expect(() => load(directory)).toThrow(/ties lm_head\.weight .* differ; set tie_word_embeddings to false/);
});

test("where only the head is stored, it is the embedding that it is tied to", () => {
  const rename = (tensors: TensorToWrite[]) =>
    tensors.map((tensor) => (tensor.name === embedding ? { ...tensor, name: head } : tensor));
  const expected = valuesOf(load(modelFolder({ tie_word_embeddings: true })), embedding);
  const directory = modelFolder({ tie_word_embeddings: true }, rename);
  expect(valuesOf(load(directory), embedding)).toEqual(expected);
  expect(contents(save(directory, "source")).map(([name]) => name)).toContain(embedding);
});

test("a missing head that is not tied is named, with the way out", () => {
  const directory = modelFolder({}, (tensors) => tensors.filter(({ name }) => name !== head));
  expect(() => load(directory)).toThrow(/lack lm_head\.weight, .*set tie_word_embeddings to true/);
});

test("buffers that old checkpoints have are passed over; other unused weights are named", () => {
  const extra = (...names: string[]) =>
    modelFolder({}, (tensors) => [
      ...tensors,
      ...names.map((name) => ({ name, shape: [1], values: new Float32Array(1) })),
    ]);
  const warnings = (directory: string) => weightWarnings(directory, readModelFolder(directory).weights);
  expect(warnings(extra("model.layers.0.self_attn.rotary_emb.inv_freq", "model.position_ids"))).toEqual([]);
  const names = ["score.weight", ..."abcd"].map((name) => `extra.${name}`);
  expect(warnings(extra("score.weight"))[0]).toMatch(/does not use score\.weight; saved folders .* it$/);
  expect(warnings(extra(...names))[0]).toMatch(/does not use extra\.\S+, .* and 1 more; saved/);
});

test.each<WrittenType>(["F32", "F16", "BF16"])("a folder in %s is saved again byte for byte", (type) => {
  const directory = modelFolder({ torch_dtype: "whatever it says" }, undefined, type);
  mkdirSync(path.join(directory, "additional_chat_templates"));
  const sideFiles = {
    "generation_config.json": '{ "eos_token_id": 1e0 }',
    "chat_template.json": "{}\r\n",
    "additional_chat_templates/tool_use.jinja": "{{ a }}",
  };
  for (const [name, text] of Object.entries(sideFiles)) {
    writeFileSync(path.join(directory, name), text);
  }
  writeFileSync(path.join(directory, "notes.txt"), "not of the model");
  const saved = save(directory, "source");
  for (const name of ["config.json", "model.safetensors", ...Object.keys(sideFiles)]) {
    expect(readFileSync(path.join(saved, name)).equals(readFileSync(path.join(directory, name))), name).toBe(
      true,
    );
  }
  expect(readdirSync(saved)).not.toContain("notes.txt");
});

test("each tensor keeps its own type", () => {
  const mixed = (tensors: TensorToWrite[]): TensorToWrite[] =>
    tensors.map((tensor, index) => ({
      ...tensor,
      storedType: (["BF16", "F32", "F16"] as const)[index % 3]!,
    }));
  const directory = modelFolder({}, mixed);
  const saved = save(directory, "source");
  expect(contents(saved)).toEqual(contents(directory));
  expect(new Set(contents(saved).map(([, type]) => type)).size).toBe(3);
});

test.each<[dtype: SavedDtype, type: WrittenType]>([
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
])("all weights are saved in %s on request, in shards, and config.json says so", (dtype, type) => {
  for (const key of ["dtype", "torch_dtype"]) {
    const directory = modelFolder({ [key]: "float64" });
    const saved = save(directory, dtype, 300);
    expect(readdirSync(saved)).toContain("model.safetensors.index.json");
    expect(new Set(contents(saved).map(([, stored]) => stored))).toEqual(new Set([type]));
    const config = JSON.parse(readFileSync(path.join(saved, "config.json"), "utf8")) as Json;
    expect(config).toEqual({ ...configuration, [key]: dtype });
    const [before, after] = [load(directory), load(saved)];
    for (const name of before.parameters.keys()) {
      const step = { F32: 0, F16: 2 ** -11, BF16: 2 ** -8 }[type];
      valuesOf(before, name).forEach((value, i) => {
        expect(Math.abs(valuesOf(after, name)[i]! - value)).toBeLessThanOrEqual(step * Math.abs(value));
      });
    }
  }
});

test("a weight that float16 cannot hold is named", () => {
  const directory = modelFolder({});
  const policy = load(directory);
  valuesOf(policy, head)[5] = 1e5;
  expect(() => save(directory, "float16", undefined, policy)).toThrow(
    /lm_head\.weight has the value 100000 at index 5/,
  );
});

test("config.json whose error spans lines gives an error of one", () => {
  const directory = modelFolder({});
  writeFileSync(path.join(directory, "config.json"), '{\n"a": \n]');
  expect(() => readModelFolder(directory)).toThrow(/^[^\n]+config\.json is not JSON [^\n]+$/);
  rmSync(path.join(directory, "config.json"));
  expect(() => readModelFolder(directory)).toThrow(/has no config\.json/);
});

test("weights that are no floats are refused before any of them is read", () => {
  const directory = modelFolder({});
  const file = path.join(directory, "model.safetensors");
  const content = readFileSync(file);
  content.write('"I32"', content.indexOf('"F32"', content.indexOf(embedding)));
  writeFileSync(file, content);
  expect(() => readModelFolder(directory)).toThrow(
    /: tensor \S+ is stored as I32; supported: .*; convert it/,
  );
});
