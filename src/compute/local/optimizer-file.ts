import path from "node:path";
import { CheckpointError } from "../../errors.ts";
import type { OptimizerState } from "../../optim/optimizer.ts";
import { openSafetensors } from "../../safetensors/reader.ts";
import { writeSafetensors } from "../../safetensors/writer.ts";
import type { Policy } from "./policy.ts";

const fileName = "optimizer.safetensors";
const stepName = "step";

/** Writes every moment of every parameter and the number of updates made. */
export function writeOptimizer(directory: string, policy: Policy, state: OptimizerState): void {
  const tensors = Object.entries(state.moments).flatMap(([moment, values]) =>
    policy.model.parameters.map(({ name, shape }) => ({
      name: `${moment}.${name}`,
      shape,
      values: values[name],
    })),
  );
  // A count of updates is exact in float32 up to 16 million.
  const step = { name: stepName, shape: [1], values: Float32Array.of(state.step) };
  writeSafetensors(path.join(directory, fileName), [...tensors, step]);
}

/** Restores what `writeOptimizer` wrote, bit for bit. */
export function readOptimizer(directory: string, policy: Policy, state: OptimizerState): void {
  const file = openSafetensors(path.join(directory, fileName));
  try {
    for (const { name } of policy.model.parameters) {
      for (const [moment, values] of Object.entries(state.moments)) {
        if (!file.tensors.has(`${moment}.${name}`)) {
          throw new CheckpointError(`${file.file} lacks ${moment}.${name}; it belongs to another model`);
        }
        file.readInto(`${moment}.${name}`, values[name]);
      }
    }
    const step = new Float32Array(1);
    file.readInto(stepName, step);
    state.step = step[0];
  } finally {
    file.close();
  }
}
