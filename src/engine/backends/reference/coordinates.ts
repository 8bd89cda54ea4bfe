import { type Shape, sizeOf } from "../../shape.ts";

/** One index for each axis, outermost first. */
export type Coordinates = readonly number[];

/** The value of every place in `shape`, row-major. */
export function tabulate(shape: Shape, valueAt: (at: Coordinates) => number): Float64Array {
  const values = new Float64Array(sizeOf(shape));
  visit(shape, (at, position) => {
    values[position] = valueAt(at);
  });
  return values;
}

/** Calls `each` for every place in `shape`, row-major. */
export function visit(shape: Shape, each: (at: Coordinates, position: number) => void): void {
  const size = sizeOf(shape);
  const at = shape.map(() => 0);
  for (let position = 0; position < size; position++) {
    each(at, position);
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) {
      at[axis] = 0;
    }
  }
}

/** Where the value at `at` lies in a tensor of `shape` that is broadcast to as many axes as `at` has. */
export function positionOf(shape: Shape, at: Coordinates): number {
  const leading = at.length - shape.length;
  return shape.reduce((position, size, axis) => position * size + (size === 1 ? 0 : at[leading + axis]), 0);
}
