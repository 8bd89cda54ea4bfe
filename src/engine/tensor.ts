import { internalError } from "../errors.ts";
import type { ElementType, Primitive, PrimitiveAttributes, PrimitiveNode, Tensor } from "./primitives.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { shapeOf } from "./shape-rules.ts";

let nextId = 0;

/** Records one application of a primitive. */
export function record<P extends Primitive>(
  primitive: P,
  inputs: readonly Tensor[],
  attributes: PrimitiveAttributes[P],
): Tensor {
  const node: PrimitiveNode<P> = { primitive, inputs, attributes };
  return {
    ...node,
    id: nextId++,
    shape: shapeOf(node as PrimitiveNode),
    elementType: "float",
  };
}

/** A value that is fed under this name at run time. */
export function input(name: string, shape: Shape, elementType: ElementType = "float"): Tensor {
  return {
    primitive: "input",
    inputs: [],
    attributes: { name },
    id: nextId++,
    shape: [...shape],
    elementType,
  };
}

/** A value known now, row-major; one number makes a scalar. */
export function constant(values: number | readonly number[], shape: Shape = []): Tensor {
  const attributes = { values: typeof values === "number" ? [values] : values };
  if (attributes.values.length !== sizeOf(shape)) {
    throw internalError(
      `${attributes.values.length} values do not fill a constant of shape ${formatShape(shape)}`,
    );
  }
  return {
    primitive: "constant",
    inputs: [],
    attributes,
    id: nextId++,
    shape: [...shape],
    elementType: "float",
  };
}
