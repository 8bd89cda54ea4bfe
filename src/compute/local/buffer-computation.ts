import type { Backend, Buffer } from "../../engine/backend.ts";
import { buildGraph } from "../../engine/graph.ts";
import type { Tensor } from "../../engine/primitives.ts";

type Named<Value> = ReadonlyMap<string, Value>;

/** What is computed from buffers into buffers, as often as it runs. All threads share the work. */
export interface BufferComputation {
  run(): void;
  free(): void;
}

/** Computes `values` from the buffers of their inputs into the buffers of the same names; nothing where there are none. */
export function createBufferComputation(
  backend: Backend,
  values: Named<Tensor>,
  inputs: Named<Buffer>,
  outputs: Named<Buffer>,
): BufferComputation {
  if (values.size === 0) {
    return { run: () => undefined, free: () => undefined };
  }
  const compiled = backend.compile(buildGraph(Object.fromEntries(values)));
  const bound = compiled.bind(Object.fromEntries(inputs), Object.fromEntries(outputs));
  return {
    run: () => bound.run(),
    free: () => {
      bound.free();
      compiled.free();
    },
  };
}
