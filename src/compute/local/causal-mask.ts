import type { Backend, Buffer } from "../../engine/backend.ts";
import { masked } from "../../nn/attention.ts";

/** A mask [length, length] that hides from each position those that follow it. */
export function causalMask(backend: Backend, length: number): Buffer {
  const mask = backend.allocate([length, length]);
  for (let t = 0; t < length; t++) {
    (mask.values as Float32Array).fill(masked, t * length + t + 1, (t + 1) * length);
  }
  return mask;
}
