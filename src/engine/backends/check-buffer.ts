import { internalError } from "../../errors.ts";
import type { Buffer } from "../backend.ts";
import type { Tensor } from "../primitives.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../shape.ts";

/** The buffer bound to a graph's input or output, once its shape and element type are what the graph wants. */
export function checkBuffer(
  name: string,
  { shape, elementType }: Pick<Tensor, "shape" | "elementType">,
  buffer: Buffer | undefined,
): Buffer {
  if (buffer === undefined || !sameShape(buffer.shape, shape) || buffer.elementType !== elementType) {
    const given = buffer ? `${buffer.elementType} ${formatShape(buffer.shape)}` : "nothing";
    throw internalError(`${name} wants ${elementType} ${formatShape(shape)} and was given ${given}`);
  }
  return buffer;
}

/** A buffer of floats over `values`, which must fill the shape. */
export function wrapValues(values: Float32Array, shape: Shape): Buffer {
  if (values.length !== sizeOf(shape)) {
    throw internalError(`${values.length} values do not fill a buffer of shape ${formatShape(shape)}`);
  }
  return { shape, elementType: "float", values };
}
