import type { Backend, Buffer } from "../../engine/backend.ts";
import { add } from "../../engine/operations.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { type Shape, sameShape, sizeOf } from "../../engine/shape.ts";
import { input } from "../../engine/tensor.ts";
import type { NamedValues } from "../../optim/optimizer.ts";
import { type BufferComputation, createBufferComputation } from "./buffer-computation.ts";
import { type GradientShape, gradientShapes } from "./gradient-shapes.ts";
import { namedValues, type Policy } from "./policy.ts";

type Buffers = ReadonlyMap<string, Buffer>;

/** What one lane adds gradients onto, by parameter, with the shapes that lanes have. */
export interface Accumulators {
  readonly buffers: Buffers;
  /** What the first pass adds onto instead. */
  readonly zeros: Buffers;
  /** Nothing was added yet: the buffers hold no sum. */
  isEmpty: boolean;
}

/** The gradients that lanes add up side by side, and the whole that they come to. */
export interface GradientLanes {
  readonly lanes: readonly Accumulators[];
  /** Goes before the passes of a batch. */
  open(): void;
  /** Goes after them: brings together what the lanes have. */
  close(): void;
  /** The sum of all batches since `clear`, by parameter and with its shape. Not while lanes are open. */
  whole(): NamedValues;
  clear(): void;
  free(): void;
}

/** The first lane adds up in the memory of the whole, which holds what the lanes have in common between two batches. */
export function createGradientLanes(policy: Policy, count: number): GradientLanes {
  const { backend } = policy;
  const shapes = gradientShapes(policy);
  const whole: Buffers = new Map(shapes.map(({ name, shape }) => [name, backend.allocate(shape)]));
  const zeros = createZeros(backend, shapes);
  const lanes = Array.from({ length: count }, (_, lane): Accumulators => {
    const buffers = shapes.map(({ name, laneShape }): [string, Buffer] => [
      name,
      lane === 0 ? reshaped(backend, whole.get(name)!, laneShape) : backend.allocate(laneShape),
    ]);
    return { buffers: new Map(buffers), zeros, isEmpty: true };
  });
  const parts = lanes.map(({ buffers }) => buffers);
  const join = createSum(backend, parts, whole, formOf(shapes, "fromLane"));
  const reopen = createSum(backend, [whole], parts[0], formOf(shapes, "toLane"));
  let isClear = true;

  return {
    lanes,
    open: () => {
      if (!isClear) {
        reopen.run();
      }
      lanes.forEach((lane, index) => {
        lane.isEmpty = isClear || index > 0;
      });
    },
    close: () => {
      if (lanes.some(({ isEmpty }) => !isEmpty)) {
        lanes.forEach(clearIfEmpty);
        join.run();
        isClear = false;
      }
    },
    whole: () => {
      if (isClear) {
        fillWithZeros(whole);
        isClear = false;
      }
      return namedValues(whole);
    },
    clear: () => {
      isClear = true;
    },
    free: () => {
      join.free();
      reopen.free();
    },
  };
}

type Forms = ReadonlyMap<string, (gradient: Tensor) => Tensor>;

function formOf(shapes: readonly GradientShape[], way: "toLane" | "fromLane"): Forms {
  return new Map(shapes.map((shape) => [shape.name, shape[way]]));
}

/**
 * Adds up `parts` in order and leaves the sum, in the form that `forms` gives it, in `total`, whose memory may be that of a
 * part.
 */
function createSum(
  backend: Backend,
  parts: readonly Buffers[],
  total: Buffers,
  forms: Forms,
): BufferComputation {
  const changed = new Map(
    [...total].filter(
      ([name, { shape }]) => parts.length > 1 || !sameShape(parts[0].get(name)!.shape, shape),
    ),
  );
  const partName = (name: string, part: number): string => `${part}:${name}`;
  const sums = [...changed.keys()].map((name): [string, Tensor] => {
    const [first, ...others] = parts.map((part, index) =>
      input(partName(name, index), part.get(name)!.shape),
    );
    // The sum is a value of its own: nothing is written to the memory of a part before it is read to the end.
    const sum = others.length > 0 ? others.reduce(add, first) : add(first, 0);
    return [name, forms.get(name)!(sum)];
  });
  const inputs = parts.flatMap((part, index) =>
    [...changed.keys()].map((name): [string, Buffer] => [partName(name, index), part.get(name)!]),
  );
  return createBufferComputation(backend, new Map(sums), new Map(inputs), changed);
}

/** They share one memory, behind which Linux puts none until somebody writes to it, and nobody does. */
function createZeros(backend: Backend, shapes: readonly GradientShape[]): Buffers {
  const longest = Math.max(0, ...shapes.map(({ shape }) => sizeOf(shape)));
  const memory = backend.allocate([longest]);
  return new Map(shapes.map(({ name, laneShape }) => [name, reshaped(backend, memory, laneShape)]));
}

/** The first values of a buffer in another shape. */
function reshaped(backend: Backend, { values }: Buffer, shape: Shape): Buffer {
  return backend.wrap((values as Float32Array).subarray(0, sizeOf(shape)), shape);
}

/** Zeros onto which anything can be added. */
export function clearIfEmpty(accumulators: Accumulators): void {
  if (accumulators.isEmpty) {
    fillWithZeros(accumulators.buffers);
    accumulators.isEmpty = false;
  }
}

function fillWithZeros(buffers: Buffers): void {
  for (const { values } of buffers.values()) {
    values.fill(0 as never);
  }
}
