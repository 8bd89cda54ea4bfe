import { createPolicy, type Policy } from "../src/compute/local/policy.ts";
import { randomWeights } from "../src/compute/local/random-weights.ts";
import { createOnnxRuntimeBackend } from "../src/engine/backends/onnxruntime/backend.ts";
import { createModel } from "../src/models/registry.ts";
import { createRandom } from "../src/random.ts";
import { median } from "./median.ts";

/** The configuration of a Qwen2 in the peers' short form: D,L,H,KV,F,V. */
export function qwen2Configuration(sizes: string): Record<string, unknown> {
  const [hidden, layers, heads, keyValueHeads, intermediate, vocabulary] = sizes.split(",").map(Number);
  return {
    model_type: "qwen2",
    architectures: ["Qwen2ForCausalLM"],
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    tie_word_embeddings: true,
    max_position_embeddings: 4096,
  };
}

export function randomPolicy(sizes: string, threads: number): Policy {
  const model = createModel(qwen2Configuration(sizes), "the benchmark");
  return createPolicy(createOnnxRuntimeBackend({ threads }), model, randomWeights(model, 0));
}

export function parameterCount({ parameters }: Policy): number {
  return [...parameters.values()].reduce((total, { values }) => total + values.length, 0);
}

/** Token ids from 1 to V - 1, as the peers draw them. */
export function randomTokens(count: number, length: number, vocabularySize: number): number[][] {
  const random = createRandom(0);
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => 1 + random.integer(vocabularySize - 1)),
  );
}

/** The median time of a run after one for warming up, in seconds. */
export async function medianSeconds(run: () => void | Promise<void>, repeats: number): Promise<number> {
  await run();
  const seconds: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  return median(seconds);
}
