import type { Backend, Buffer, CompileOptions } from "../../src/engine/backend.ts";
import { buildGraph } from "../../src/engine/graph.ts";
import type { Tensor } from "../../src/engine/primitives.ts";

export type Named<T> = Readonly<Record<string, T>>;

/** Writes numbers into a buffer, whatever holds its values. */
export function write({ values }: Buffer, numbers: readonly number[]): void {
  if (values instanceof BigInt64Array) {
    values.set(numbers.map(BigInt));
  } else {
    values.set(numbers);
  }
}

export function read({ values }: Buffer): number[] {
  return Array.from<number | bigint, number>(values, Number);
}

function mapValues<A, B>(values: Iterable<readonly [string, A]>, f: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Array.from(values, ([name, value]) => [name, f(value)]));
}

/** A graph that is compiled and bound to buffers of its own. */
export interface Evaluator {
  readonly inputs: Named<Buffer>;
  /** Computes from what the input buffers hold. */
  run(): Record<string, number[]>;
  /** The same beside others. */
  runBeside(): Promise<Record<string, number[]>>;
  free(): void;
}

export function prepare(
  backend: Backend,
  outputs: Named<Tensor>,
  feeds: Named<readonly number[]>,
  options?: CompileOptions,
): Evaluator {
  const graph = buildGraph(outputs);
  const allocate = ({ shape, elementType }: Tensor): Buffer => backend.allocate(shape, elementType);
  const inputBuffers = mapValues(graph.inputs, allocate);
  const outputBuffers = mapValues(graph.outputs, allocate);
  for (const [name, buffer] of Object.entries(inputBuffers)) {
    write(buffer, feeds[name]);
  }
  const compiled = backend.compile(graph, options);
  const bound = compiled.bind(inputBuffers, outputBuffers);
  const results = (): Record<string, number[]> => mapValues(Object.entries(outputBuffers), read);
  return {
    inputs: inputBuffers,
    run: () => {
      bound.run();
      return results();
    },
    runBeside: async () => {
      await bound.runBeside();
      return results();
    },
    free: () => {
      bound.free();
      compiled.free();
    },
  };
}

/** The values of `outputs` when the inputs named in `feeds` hold these numbers. */
export function evaluate(
  backend: Backend,
  outputs: Named<Tensor>,
  feeds: Named<readonly number[]> = {},
): Record<string, number[]> {
  const evaluator = prepare(backend, outputs, feeds);
  const values = evaluator.run();
  evaluator.free();
  return values;
}
