import type { Shape } from "../../engine/shape.ts";
import type { Policy } from "./policy.ts";

/** The shape of a parameter and of what lanes add its gradients onto, which may have the axes exchanged. */
export interface GradientShape {
  name: string;
  shape: Shape;
  laneShape: Shape;
}

/**
 * The gradient of weights [out, in] is `dy^T x`, that of their transpose `x^T dy`. A product wants the narrower matrix on the
 * left, so where there are more outputs than inputs lanes add up the latter; the sum is transposed once a batch instead of
 * every product. The vocabulary's matrices stand outside of the layers and stay as they are: rows are added to them too.
 */
export function gradientShapes({ model, trainable }: Pick<Policy, "model" | "trainable">): GradientShape[] {
  const prefixes = Array.from({ length: model.dimensions.layers }, (_, layer) => model.layerPrefix(layer));
  return [...trainable].map(([name, { shape }]) => {
    const isWide = shape.length === 2 && shape[0] > shape[1];
    const isTurned = isWide && prefixes.some((prefix) => name.includes(prefix));
    return { name, shape, laneShape: isTurned ? shape.toReversed() : shape };
  });
}
