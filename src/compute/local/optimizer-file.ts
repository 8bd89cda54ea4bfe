import path from "node:path";
import { CheckpointError } from "../../errors.ts";
import type { OptimizerState } from "../../optim/optimizer.ts";
import { openSafetensors } from "../../safetensors/reader.ts";
import { type TensorToWrite, writeSafetensors } from "../../safetensors/writer.ts";
import type { Policy } from "./policy.ts";

const fileName = "optimizer.safetensors";
const stepName = "step";
const masterName = (parameter: string): string => `master.${parameter}`;

/**
 * Writes every moment of every trained parameter, the number of updates made, and the weights themselves ("master
 * weights") of the parameters that the model or adapter folder beside it stores narrower than float32.
 */
export function writeOptimizer(
  directory: string,
  { trainable }: Policy,
  state: OptimizerState,
  isNarrowed: (name: string) => boolean,
): void {
  const moments = Object.entries(state.moments).flatMap(([moment, values]) =>
    [...trainable].map(
      ([name, { shape }]): TensorToWrite => ({ name: `${moment}.${name}`, shape, values: values[name] }),
    ),
  );
  const masters = [...trainable]
    .filter(([name]) => isNarrowed(name))
    .map(([name, { shape, values }]): TensorToWrite => {
      return { name: masterName(name), shape, values: values as Float32Array };
    });
  // A count of updates is exact in float32 up to 16 million.
  const step = { name: stepName, shape: [1], values: Float32Array.of(state.step) };
  writeSafetensors(path.join(directory, fileName), [...moments, ...masters, step]);
}

/**
 * Restores what `writeOptimizer` wrote, bit for bit; returns the names of the parameters whose master weights were
 * there. The others are those of the folder beside it.
 */
export function readOptimizer(directory: string, policy: Policy, state: OptimizerState): ReadonlySet<string> {
  const file = openSafetensors(path.join(directory, fileName));
  const restored = new Set<string>();
  try {
    for (const [name, buffer] of policy.trainable) {
      for (const [moment, values] of Object.entries(state.moments)) {
        if (!file.tensors.has(`${moment}.${name}`)) {
          throw new CheckpointError(`${file.file} lacks ${moment}.${name}; it belongs to another model`);
        }
        file.readInto(`${moment}.${name}`, values[name]);
      }
      if (file.tensors.has(masterName(name))) {
        file.readInto(masterName(name), buffer.values as Float32Array);
        restored.add(name);
      }
    }
    const step = new Float32Array(1);
    file.readInto(stepName, step);
    state.step = step[0];
    return restored;
  } finally {
    file.close();
  }
}
