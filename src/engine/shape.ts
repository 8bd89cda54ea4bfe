import { internalError } from "../errors.ts";

/** Sizes of each dimension, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The shape that elementwise operations on `a` and `b` give, by NumPy's rules. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw internalError(`shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

/** Axes of `to` over which a tensor of shape `from` is repeated when it is broadcast to `to`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const offset = to.length - from.length;
  return to.flatMap((size, axis) =>
    axis < offset || (from[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
}
