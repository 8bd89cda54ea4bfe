import type { Backend, Buffer } from "../../engine/backend.ts";
import { type Shape, sizeOf } from "../../engine/shape.ts";

/** Buffers of these shapes for one use at a time: those of every call lie in the same memory. */
export type ReusedBuffers = (shapes: readonly Shape[]) => Buffer[];

/** Memory is made at the first call, for `usualSize` values at least, and anew for a call that needs more. */
export function createReusedBuffers(backend: Backend, usualSize = 0): ReusedBuffers {
  let memory = new Float32Array(0);
  return (shapes) => {
    const needed = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
    if (memory.length < needed) {
      memory = backend.allocate([Math.max(needed, usualSize)]).values as Float32Array<ArrayBuffer>;
    }
    let end = 0;
    return shapes.map((shape) => {
      const start = end;
      end += sizeOf(shape);
      return backend.wrap(memory.subarray(start, end), shape);
    });
  };
}
