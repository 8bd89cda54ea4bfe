import type { Backend, Buffer } from "../../engine/backend.ts";
import { buildGraph } from "../../engine/graph.ts";
import { add } from "../../engine/operations.ts";
import { input } from "../../engine/tensor.ts";

export interface LaneSum {
  /** Adds the values of all lanes onto the first one's, in order, and leaves zeros in the others. */
  run(): void;
  free(): void;
}

const names = {
  total: (name: string): string => `total:${name}`,
  part: (name: string): string => `part:${name}`,
};

/** The sum of buffers that every lane has under the same names; all threads share the work. */
export function createLaneSum(
  backend: Backend,
  [total, ...others]: readonly ReadonlyMap<string, Buffer>[],
): LaneSum {
  if (others.length === 0 || total.size === 0) {
    return { run: () => undefined, free: () => undefined };
  }
  const sums = [...total].map(([name, { shape }]) => [
    names.total(name),
    add(input(names.total(name), shape), input(names.part(name), shape)),
  ]);
  const compiled = backend.compile(buildGraph(Object.fromEntries(sums)));
  const totals = renamed(total, names.total);
  const bound = others.map((lane) => compiled.bind({ ...totals, ...renamed(lane, names.part) }, totals));
  return {
    run: () => {
      others.forEach((lane, index) => {
        bound[index].run();
        for (const { values } of lane.values()) {
          values.fill(0 as never);
        }
      });
    },
    free: () => {
      for (const graph of [...bound, compiled]) {
        graph.free();
      }
    },
  };
}

function renamed(
  buffers: ReadonlyMap<string, Buffer>,
  rename: (name: string) => string,
): Record<string, Buffer> {
  return Object.fromEntries([...buffers].map(([name, buffer]) => [rename(name), buffer]));
}
