import type { Buffer } from "../../engine/backend.ts";
import { transpose } from "../../engine/operations.ts";
import { fromPanels, fromTurnedPanels, toPanels, toTurnedPanels } from "../../engine/panels.ts";
import type { Tensor } from "../../engine/primitives.ts";
import type { Shape } from "../../engine/shape.ts";
import type { WeightPanels } from "../../nn/linear.ts";
import type { Policy } from "./policy.ts";
import { trainedPanels } from "./weight-panels.ts";

/** How the gradient of a parameter stands in the lanes that add it up. */
interface LaneForm {
  laneShape: Shape;
  toLane: (gradient: Tensor) => Tensor;
  fromLane: (gradient: Tensor) => Tensor;
}

export interface GradientShape extends LaneForm {
  name: string;
  /** Of the parameter. */
  shape: Shape;
}

/**
 * The gradient of weights [out, in] is `dy^T x`, that of their transpose `x^T dy`. A product wants the narrower matrix on the
 * left, so where there are more outputs than inputs lanes add up the latter; the sum is transposed once a batch instead of
 * every product. The vocabulary's matrices stand outside of the layers and stay as they are: rows are added to them too.
 * The gradients of weights in panels stand in panels.
 */
export function gradientShapes({
  model,
  trainable,
  panels,
}: Pick<Policy, "model" | "trainable" | "panels">): GradientShape[] {
  const prefixes = Array.from({ length: model.dimensions.layers }, (_, layer) => model.layerPrefix(layer));
  return [...trainable].map(([name, { shape }]) => {
    const inPanels = panelForm(panels.get(name));
    if (inPanels) {
      return { name, shape, ...inPanels };
    }
    const isWide = shape.length === 2 && shape[0] > shape[1];
    const isTurned = isWide && prefixes.some((prefix) => name.includes(prefix));
    return { name, shape, ...(isTurned ? turned(shape) : unchanged(shape)) };
  });
}

function unchanged(shape: Shape): LaneForm {
  return { laneShape: shape, toLane: (gradient) => gradient, fromLane: (gradient) => gradient };
}

function turned(shape: Shape): LaneForm {
  const exchange = (gradient: Tensor): Tensor => transpose(gradient, [1, 0]);
  return { laneShape: shape.toReversed(), toLane: exchange, fromLane: exchange };
}

/** null where the gradient flows to the weight itself. */
function panelForm(panels: WeightPanels<Buffer> | undefined): LaneForm | null {
  const trained = trainedPanels(panels);
  if (trained === null) {
    return null;
  }
  const { shape: laneShape } = trained.buffer;
  const width = laneShape[2];
  return trained.direction === "forward"
    ? { laneShape, toLane: (gradient) => toTurnedPanels(gradient, width), fromLane: fromTurnedPanels }
    : { laneShape, toLane: (gradient) => toPanels(gradient, width), fromLane: fromPanels };
}
