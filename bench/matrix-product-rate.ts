import type { Backend } from "../src/engine/backend.ts";
import { buildGraph } from "../src/engine/graph.ts";
import { matmul } from "../src/engine/operations.ts";
import { input } from "../src/engine/tensor.ts";
import { medianSeconds } from "./random-policy.ts";

/** GFLOP/s of a float32 matrix product 1024^3 on this backend: the machine's ceiling. */
export async function matrixProductRate(backend: Backend): Promise<number> {
  const size = 1024;
  const shape = [size, size];
  const product = matmul(input("a", shape), input("b", shape));
  const compiled = backend.compile(buildGraph({ product }));
  const filled = () => {
    const buffer = backend.allocate(shape);
    buffer.values.forEach((_, i) => {
      buffer.values[i] = Math.sin(i);
    });
    return buffer;
  };
  const bound = compiled.bind({ a: filled(), b: filled() }, { product: backend.allocate(shape) });
  const seconds = await medianSeconds(() => bound.run(), 20);
  bound.free();
  compiled.free();
  return (2 * size ** 3) / seconds / 1e9;
}
