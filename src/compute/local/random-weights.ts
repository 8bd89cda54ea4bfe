import type { LanguageModel } from "../../models/model.ts";
import { createRandom } from "../../random.ts";

/** Fills parameters as transformers initialises them: normal matrices, zero biases, unit norms. */
export function randomWeights(
  model: LanguageModel,
  seed: number,
): (name: string, values: Float32Array) => void {
  const specs = new Map(model.parameters.map((spec, index) => [spec.name, { ...spec, index }]));
  return (name, values) => {
    const { initialization, index } = specs.get(name)!;
    if (initialization === "normal") {
      const random = createRandom(seed, index);
      for (let i = 0; i < values.length; i++) {
        values[i] = random.normal() * model.initializerRange;
      }
    } else {
      values.fill(initialization === "ones" ? 1 : 0);
    }
  };
}
