import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOnnxRuntimeBackend } from "../../engine/backends/onnxruntime/backend.ts";
import { CheckpointError } from "../../errors.ts";
import { createModel } from "../../models/registry.ts";
import { adamw } from "../../optim/adamw.ts";
import { type StatePrecision, statePrecisions } from "../../optim/moment.ts";
import type { NamedValues, OptimizerState } from "../../optim/optimizer.ts";
import { createRandom } from "../../random.ts";
import { openSafetensors } from "../../safetensors/reader.ts";
import { readOptimizer, writeOptimizer } from "./optimizer-file.ts";
import { createPolicy } from "./policy.ts";
import { randomWeights } from "./random-weights.ts";

// The embedding is large enough for 8 bits, the rest is not.
const configuration = {
  model_type: "qwen2",
  vocab_size: 257,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 32,
};
const model = createModel(configuration, "the test's config");
const policy = createPolicy(createOnnxRuntimeBackend({ threads: 1 }), model, randomWeights(model, 1));
const embedding = "model.embed_tokens.weight";
const isNarrowed = () => false;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "gpgrad-optimizer-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An optimizer after `steps` steps from random weights. */
function begin(statePrecision: StatePrecision, steps: number) {
  const parameters: NamedValues = Object.fromEntries(
    [...policy.parameters].map(([name, { values }]) => [name, Float32Array.from(values as Float32Array)]),
  );
  const optimizer = adamw({ statePrecision, seed: 4 });
  const state = optimizer.init(parameters);
  const goOn = (target: OptimizerState, weights: NamedValues, more: number): void => {
    for (let step = 0; step < more; step++) {
      const random = createRandom(target.step);
      const gradients = Object.fromEntries(
        Object.entries(weights).map(([name, { length }]) => [
          name,
          Float32Array.from({ length }, random.normal),
        ]),
      );
      optimizer.update({
        parameters: weights,
        gradients,
        state: target,
        learningRate: 0.01,
        gradientScale: 1,
      });
    }
  };
  goOn(state, parameters, steps);
  return { parameters, state, optimizer, goOn };
}

describe.each(statePrecisions)("moments in %s", (precision) => {
  test("come back and go on bit for bit", () => {
    const { parameters, state, optimizer, goOn } = begin(precision, 3);
    writeOptimizer(directory, policy, state, isNarrowed);
    const restored = optimizer.init(parameters);
    readOptimizer(directory, policy, restored);
    expect(restored).toEqual(state);
    const copy = structuredClone(parameters);
    goOn(state, parameters, 2);
    goOn(restored, copy, 2);
    expect(copy).toEqual(parameters);
    expect(restored).toEqual(state);
  });

  test("are stored as they are kept, the same bytes each time", () => {
    const { state } = begin(precision, 1);
    writeOptimizer(directory, policy, state, isNarrowed);
    const file = path.join(directory, "optimizer.safetensors");
    const bytes = readFileSync(file);
    const opened = openSafetensors(file);
    const type = { float32: "F32", bfloat16: "BF16", int8: "U8" }[precision];
    expect(opened.tensors.get(`first.${embedding}`)).toMatchObject({ storedType: type, shape: [257, 16] });
    expect(opened.tensors.get(`scales.second.${embedding}`)?.shape).toEqual(
      precision === "int8" ? [Math.ceil((257 * 16) / 256)] : undefined,
    );
    opened.close();
    writeOptimizer(directory, policy, state, isNarrowed);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test.each(statePrecisions.filter((other) => other !== precision))(
    "are refused where %s is asked for",
    (other) => {
      writeOptimizer(directory, policy, begin(precision, 1).state, isNarrowed);
      const reading = () => readOptimizer(directory, policy, begin(other, 0).state);
      expect(reading).toThrow(CheckpointError);
      expect(reading).toThrow(
        /optimizer\.safetensors keeps first\..+ in \w+, optimizer\.state asks for \w+; set/,
      );
    },
  );
});
