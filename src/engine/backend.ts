import type { Graph } from "./graph.ts";
import type { ElementType } from "./primitives.ts";
import type { Shape } from "./shape.ts";

/** Memory that graphs read and write in place. */
export interface Buffer {
  readonly shape: Shape;
  readonly elementType: ElementType;
  /** The values, row-major; Float32Array or, in the reference backend, Float64Array; BigInt64Array for integers. */
  readonly values: Float32Array | Float64Array | BigInt64Array;
}

/** A compiled graph with every input and output tied to a buffer. */
export interface BoundGraph {
  /** Reads the input buffers, computes, writes the output buffers; blocks the calling thread. */
  run(): void;
  /** The same on a thread of its own, beside other graphs; its buffers must not be touched meanwhile. */
  runBeside(): Promise<void>;
  free(): void;
}

export interface CompileOptions {
  /**
   * How a run uses the machine: all threads share each operator, or one thread runs the whole graph. The latter wastes
   * nothing on dividing small operators, where several graphs can run side by side.
   */
  parallelism: "operators" | "graphs";
}

export interface CompiledGraph {
  /** An output may share its buffer with an input that is read once, by an elementwise sum or a scatter onto it. */
  bind(inputs: Readonly<Record<string, Buffer>>, outputs: Readonly<Record<string, Buffer>>): BoundGraph;
  free(): void;
}

/** Where graphs run. Synchronous: whoever needs a free main thread puts the backend into a worker. */
export interface Backend {
  readonly name: string;
  /** Columns that panels want to have to be multiplied fastest; null where matrices are as fast as panels. */
  readonly panelWidth: number | null;
  /** Zeros. */
  allocate(shape: Shape, elementType?: ElementType): Buffer;
  /** A buffer over memory that exists, without copying; its length is the shape's size. */
  wrap(values: Float32Array, shape: Shape): Buffer;
  /** Divides operators among all threads unless asked otherwise. */
  compile(graph: Graph, options?: CompileOptions): CompiledGraph;
}
