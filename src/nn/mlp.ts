import { swiglu } from "../engine/operations.ts";
import { fromPanels } from "../engine/panels.ts";
import type { Tensor } from "../engine/primitives.ts";
import { type LinearLayer, linear, linearOfPanels, panelsOfRows, standsInPanels } from "./linear.ts";

/** The linear layers of an MLP: D -> F, D -> F and F -> D. */
export type SwigluMlp<Layer> = Readonly<Record<"gate" | "up" | "down", Layer>>;

/** Rows [N, D] through a SwiGLU MLP, down(silu(gate(x)) * up(x)). Between layers that stand in panels rows do too. */
export function swigluMlp(x: Tensor, { gate, up, down }: SwigluMlp<LinearLayer>): Tensor {
  if (standsInPanels(gate) && standsInPanels(up) && standsInPanels(down)) {
    const panels = panelsOfRows(x, gate.panels);
    return fromPanels(linearOfPanels(swiglu(linearOfPanels(panels, gate), linearOfPanels(panels, up)), down));
  }
  return linear(swiglu(linear(x, gate), linear(x, up)), down);
}
