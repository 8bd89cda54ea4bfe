import path from "node:path";
import { CheckpointError } from "../../errors.ts";
import type { Moment } from "../../optim/moment.ts";
import type { OptimizerState } from "../../optim/optimizer.ts";
import { openSafetensors, type SafetensorsFile } from "../../safetensors/reader.ts";
import { type StoredTensor, type TensorToWrite, writeSafetensors } from "../../safetensors/writer.ts";
import type { Policy } from "./policy.ts";

const fileName = "optimizer.safetensors";
const stepName = "step";
const masterName = (parameter: string): string => `master.${parameter}`;
const scalesName = (moment: string): string => `scales.${moment}`;

/**
 * Writes every moment of every trained parameter as it is kept, the number of updates made, and the weights themselves
 * ("master weights") of the parameters that the model or adapter folder beside it stores narrower than float32.
 */
export function writeOptimizer(
  directory: string,
  { trainable }: Policy,
  state: OptimizerState,
  isNarrowed: (name: string) => boolean,
): void {
  const moments = Object.entries(state.moments).flatMap(([moment, values]) =>
    [...trainable].flatMap(([name, { shape }]) => momentTensors(`${moment}.${name}`, shape, values[name])),
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

/** 8-bit moments are two tensors: codes of the parameter's shape, and the scales of blocks of its flattened values. */
function momentTensors(
  name: string,
  shape: readonly number[],
  moment: Moment,
): (TensorToWrite | StoredTensor)[] {
  if (moment instanceof Float32Array) {
    return [{ name, shape, values: moment }];
  }
  if (moment instanceof Uint16Array) {
    return [{ name, shape, values: moment, storedType: "BF16" }];
  }
  const { codes, scales } = moment;
  return [
    { name, shape, values: codes, storedType: "U8" },
    { name: scalesName(name), shape: [scales.length], values: scales },
  ];
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
        readMomentTensors(file, `${moment}.${name}`, values[name]);
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

function readMomentTensors(file: SafetensorsFile, name: string, moment: Moment): void {
  const entry = file.tensors.get(name);
  if (entry === undefined) {
    throw new CheckpointError(`${file.file} lacks ${name}; it belongs to another model`);
  }
  const precisions: Readonly<Record<string, string>> = { F32: "float32", BF16: "bfloat16", U8: "int8" };
  const wanted =
    moment instanceof Float32Array ? "float32" : moment instanceof Uint16Array ? "bfloat16" : "int8";
  const found = precisions[entry.storedType] ?? entry.storedType;
  if (found !== wanted) {
    throw new CheckpointError(
      `${file.file} keeps ${name} in ${found}, optimizer.state asks for ${wanted}; set optimizer.state to that of the run`,
    );
  }
  if (moment instanceof Float32Array) {
    file.readInto(name, moment);
  } else if (moment instanceof Uint16Array) {
    file.readBytes(name, new Uint8Array(moment.buffer, moment.byteOffset, moment.byteLength));
  } else {
    file.readBytes(name, moment.codes);
    file.readInto(scalesName(name), moment.scales);
  }
}
