import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { tinySizes } from "../../../../test/support/tiny-sizes.ts";
import { createOnnxRuntimeBackend } from "../../../engine/backends/onnxruntime/backend.ts";
import { createModel } from "../../../models/registry.ts";
import { type TensorToWrite, writeSafetensors } from "../../../safetensors/writer.ts";
import { createPolicy } from "../policy.ts";
import { randomWeights } from "../random-weights.ts";
import { createAdapter, parameterNames } from "./adapter.ts";
import { readAdapterConfig } from "./adapter-config.ts";
import {
  checkCopiesOfBase,
  createSavedAdapter,
  describeAdapter,
  withAdapterWeights,
} from "./adapter-folder.ts";
import { describeNewAdapter, newAdapterValues } from "./new-adapter.ts";

const backend = createOnnxRuntimeBackend({ threads: 1 });
const model = createModel(
  {
    model_type: "llama",
    ...tinySizes,
    tie_word_embeddings: true,
  },
  "the test's config",
);
const configuration = {
  peft_type: "LORA",
  task_type: "CAUSAL_LM",
  r: 4,
  lora_alpha: 8,
  target_modules: ["q_proj", "lm_head"],
  base_model_name_or_path: "org/model",
  revision: "main",
};
const shapes = [
  ...[0, 1].map((layer): [string, number, number] => [`model.layers.${layer}.self_attn.q_proj`, 32, 32]),
  ["lm_head", 24, 32] as [string, number, number],
];
const tensorsOf = (rank = 4): TensorToWrite[] =>
  shapes.flatMap(([layer, outputs, inputs]) => {
    const { a, b } = parameterNames(layer);
    return [
      { name: a, shape: [rank, inputs], values: new Float32Array(rank * inputs).fill(0.5) },
      { name: b, shape: [outputs, rank], values: new Float32Array(outputs * rank).fill(0.25) },
    ];
  });

function adapterFolder(changes: object = {}, tensors = tensorsOf()): string {
  const directory = temporaryFolder();
  writeFileSync(
    path.join(directory, "adapter_config.json"),
    JSON.stringify({ ...configuration, ...changes }),
  );
  writeSafetensors(path.join(directory, "adapter_model.safetensors"), tensors);
  return directory;
}
const describeAt = (directory: string) => describeAdapter(directory, readAdapterConfig(directory), model);

describe("adapter_config.json", () => {
  test("gives every chosen layer its rank and scale, and names the base", () => {
    const directory = adapterFolder();
    const { layers } = describeAt(directory);
    expect([...layers.keys()]).toEqual(shapes.map(([layer]) => layer));
    expect([...layers.values()].every(({ rank, scale }) => rank === 4 && scale === 2)).toBe(true);
    expect(readAdapterConfig(directory).base).toEqual({ name: "org/model", revision: "main" });
  });

  test("use_rslora scales by the root of the rank; patterns replace rank and alpha of single layers", () => {
    const changes = {
      use_rslora: true,
      rank_pattern: { "layers.1.self_attn.q_proj": 9 },
      alpha_pattern: { lm_head: 6, q_proj: 12 },
    };
    const tensors = tensorsOf();
    const wide = parameterNames("model.layers.1.self_attn.q_proj");
    const other = tensors.filter(({ name }) => name !== wide.a && name !== wide.b);
    const { layers } = describeAt(
      adapterFolder(changes, [
        ...other,
        { name: wide.a, shape: [9, 32], values: new Float32Array(9 * 32) },
        { name: wide.b, shape: [32, 9], values: new Float32Array(9 * 32) },
      ]),
    );
    expect([...layers.values()].map(({ rank, scale }) => [rank, scale])).toEqual([
      [4, 6],
      [9, 4],
      [4, 3],
    ]);
  });

  test.each([
    [{ peft_type: "IA3" }, "peft_type is"],
    [{ task_type: "SEQ_CLS" }, "task_type is"],
    [{ bias: "all" }, "bias is"],
    [{ use_dora: true }, "use_dora is true, which is not supported"],
    [{ modules_to_save: ["lm_head"] }, "modules_to_save is"],
    [{ layers_to_transform: [1] }, "layers_to_transform is"],
    [{ init_lora_weights: "pissa" }, "init_lora_weights is"],
    [{ invented_later: 3 }, "invented_later is 3, which is not supported"],
    [{ lora_dropout: "much" }, "lora_dropout is"],
    [{ target_modules: null }, "target_modules is"],
    [{ target_modules: ["embed_tokens"] }, "target_modules names model.embed_tokens, which is an embedding"],
    [{ rank_pattern: { "(?i)a": 3 } }, "rank_pattern is"],
    [{ r: 0 }, "r is 0"],
    [{ base_model_name_or_path: 3 }, "base_model_name_or_path is 3"],
  ])("%j is refused by file, field and value", (changes, message) => {
    const directory = adapterFolder(changes);
    expect(() => describeAt(directory)).toThrow(message);
    expect(() => describeAt(directory)).toThrow(path.join(directory, "adapter_config.json"));
  });

  test("what PEFT writes beside a plain adapter does not matter", () => {
    const inert = {
      use_dora: false,
      modules_to_save: null,
      loftq_config: {},
      lora_dropout: 0.05,
      fan_in_fan_out: true,
    };
    expect(describeAt(adapterFolder(inert)).dropout).toBe(0.05);
  });
});

describe("adapter_model.safetensors", () => {
  test("a missing, misshapen or foreign tensor is refused", () => {
    expect(() => describeAt(adapterFolder({}, tensorsOf().slice(1)))).toThrow("lacks base_model.model");
    expect(() => describeAt(adapterFolder({ r: 5 }))).toThrow("has shape [4, 32]");
    const foreign = {
      name: "base_model.model.lm_head.lora_magnitude_vector",
      shape: [1],
      values: Float32Array.of(1),
    };
    expect(() => describeAt(adapterFolder({}, [...tensorsOf(), foreign]))).toThrow(
      "lora_magnitude_vector, which is no adapter",
    );
  });

  test("copies of the base's embedding are passed over where they are copies", () => {
    const policy = createPolicy(backend, model, randomWeights(model, 3));
    const embedding = policy.parameters.get("model.embed_tokens.weight")!.values as Float32Array;
    const copy = { shape: [24, 32], values: embedding };
    const copies = [
      { name: "base_model.model.model.embed_tokens.weight", ...copy },
      { name: "base_model.model.lm_head.base_layer.weight", ...copy },
    ];
    const same = adapterFolder({}, [...tensorsOf(), ...copies]);
    expect(describeAt(same).layers.size).toBe(3);
    expect(() => checkCopiesOfBase(same, policy)).not.toThrow();
    const changed = { ...copies[1], values: embedding.map((value) => value + 1) };
    const different = adapterFolder({}, [...tensorsOf(), changed]);
    expect(() => checkCopiesOfBase(different, policy)).toThrow(
      "lm_head.base_layer.weight differs from model.embed_tokens.weight of the base",
    );
  });

  test("what is saved is read back bit for bit, in any dtype that holds it", () => {
    const settings = { rank: 3, alpha: 6, useRslora: false, targetModules: "all-linear" };
    const description = describeNewAdapter(
      { settings, seed: 5, base: { name: "here", revision: null } },
      model,
    );
    const adapter = createAdapter(backend, model, description, newAdapterValues(model, description, 5));
    const directory = temporaryFolder();
    const files = { "tokenizer.json": Buffer.from("{}"), "config.json": Buffer.from("{}") };
    const saved = createSavedAdapter(adapter, files, {});
    saved.write(directory);
    const again = describeAt(directory);
    expect(again).toMatchObject({ layers: description.layers, configuration: description.configuration });
    const read = withAdapterWeights(directory, (fill) => createAdapter(backend, model, again, fill));
    expect([...read.parameters].map(([name, { values }]) => [name, values])).toEqual(
      [...adapter.parameters].map(([name, { values }]) => [name, values]),
    );
    expect(
      createSavedAdapter(adapter, {}, { dtype: "bfloat16" }).isNarrowed([...adapter.parameters.keys()][0]),
    ).toBe(true);
  });
});

test("a new adapter begins as PEFT's: A uniform in +-1 / sqrt(inputs), B zero, by the seed", () => {
  const settings = { rank: 8, alpha: 8, useRslora: false, targetModules: ["down_proj"] };
  const source = { settings, seed: 1, base: { name: "here", revision: null } };
  const description = describeNewAdapter(source, model);
  const valuesOf = (seed: number) =>
    createAdapter(backend, model, description, newAdapterValues(model, description, seed)).parameters;
  const values = valuesOf(1);
  const bound = 1 / Math.sqrt(48);
  for (const { a, b } of description.layers.values()) {
    const first = values.get(a)!.values as Float32Array;
    expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = first.reduce((sum, value) => sum + value * value, 0) / first.length;
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.15);
    expect(values.get(b)!.values.every((value) => value === 0)).toBe(true);
  }
  const [one, other] = [...description.layers.values()].map(({ a }) => values.get(a)!.values);
  expect(one).not.toEqual(other);
  expect(valuesOf(2).get([...description.layers.values()][0].a)!.values).not.toEqual(one);
  expect(valuesOf(1).get([...description.layers.values()][0].a)!.values).toEqual(one);
});
