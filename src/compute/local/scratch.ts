import type { Backend, Buffer } from "../../engine/backend.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { sizeOf } from "../../engine/shape.ts";

/** Buffers for graphs that run one after the other: all lie in the same memory, which grows to what the largest needs. */
export type Scratch = (tensors: ReadonlyMap<string, Tensor>) => Readonly<Record<string, Buffer>>;

export function createScratch(backend: Backend): Scratch {
  let memory = new Float32Array(0);
  return (tensors) => {
    const sizes = [...tensors.values()].map(({ shape }) => sizeOf(shape));
    const needed = sizes.reduce((sum, size) => sum + size, 0);
    if (memory.length < needed) {
      memory = new Float32Array(needed);
    }
    let end = 0;
    return Object.fromEntries(
      [...tensors].map(([name, { shape }], index) => {
        const start = end;
        end += sizes[index];
        return [name, backend.wrap(memory.subarray(start, end), shape)];
      }),
    );
  };
}
