import os from "node:os";
import { adapterSize } from "../../compute/local/lora/adapter.ts";
import { momentBytes } from "../../optim/moment.ts";
import { formatBytes } from "../format.ts";
import type { PreparedModel } from "../prepared-run.ts";
import type { Check } from "./check.ts";
import { failure, ok, warning } from "./finding.ts";

/** Compares what training holds all the time with what this machine, or the container it runs in, has. */
export const memoryCheck: Check = {
  name: "memory",
  examine: ({ run }) => {
    const needed = lastingBytes(run);
    const limit = memoryLimit();
    const free = process.availableMemory();
    const message = `weights, gradients and optimizer state take ${formatBytes(needed)}, activations come on top; this machine has ${formatBytes(limit)}, ${formatBytes(free)} of them free`;
    const remedy =
      "train an adapter (lora), keep the optimizer state in 8 bits (optimizer.state: int8), or take a smaller model";
    if (needed > limit) {
      return [failure("memory", message, remedy)];
    }
    return needed > free
      ? [warning("memory", message, `end what else is running, or ${remedy}`)]
      : [ok("memory", message)];
  },
};

/** What the container or the machine allows. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, os.totalmem()) : os.totalmem();
}

const float32Bytes = 4;

/** Weights, gradients and moments; activations and key-value caches depend on the batch and are not among them. */
export function lastingBytes({ recipe, description }: PreparedModel): number {
  const { model, adapter } = description;
  const sizes = model.parameters.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  const weights = sizes.reduce((total, size) => total + size, 0);
  const adapted = adapter === null ? 0 : adapterSize(model, adapter);
  const trained = adapter === null ? sizes : [adapted];
  const moments = trained.reduce((bytes, size) => bytes + 2 * momentBytes(size, recipe.optimizer.state), 0);
  const gradients = trained.reduce((total, size) => total + size, 0);
  return (weights + adapted + gradients) * float32Bytes + moments;
}
