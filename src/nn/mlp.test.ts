import { expect, test } from "vitest";
import { relativeError } from "../../test/engine/closeness.ts";
import { evaluate } from "../../test/engine/evaluate.ts";
import { floats } from "../../test/engine/graph-case.ts";
import { gradients } from "../engine/autodiff.ts";
import { createReferenceBackend } from "../engine/backends/reference/backend.ts";
import { multiply, sumAll } from "../engine/operations.ts";
import { toPanels, toTurnedPanels } from "../engine/panels.ts";
import type { Tensor } from "../engine/primitives.ts";
import type { Shape } from "../engine/shape.ts";
import { input } from "../engine/tensor.ts";
import type { LinearLayer } from "./linear.ts";
import { type SwigluMlp, swigluMlp } from "./mlp.ts";

const backend = createReferenceBackend();
const [rows, outer, inner, width] = [3, 4, 6, 2];
const shapes: Record<string, Shape> = {
  x: [rows, outer],
  arriving: [rows, outer],
  gate: [inner, outer],
  up: [inner, outer],
  down: [outer, inner],
  bias: [inner],
  a: [1, outer],
  b: [inner, 1],
};
const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]));
const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, floats(shape).values]));

const plain: SwigluMlp<LinearLayer> = {
  gate: { weight: inputs.gate, bias: inputs.bias },
  up: { weight: inputs.up },
  down: { weight: inputs.down },
};
const adapted: SwigluMlp<LinearLayer> = {
  ...plain,
  up: { ...plain.up, adapter: { a: inputs.a, b: inputs.b, scale: 0.5 } },
};

function inPanels(layer: LinearLayer): LinearLayer {
  const forward = toTurnedPanels(layer.weight, width);
  return { ...layer, panels: { forward, backward: toPanels(layer.weight, width) } };
}

/** The output and every gradient of it. */
function valuesOf({ gate, up, down }: SwigluMlp<LinearLayer>): Record<string, number[]> {
  const output = swigluMlp(inputs.x, { gate, up, down });
  const { arriving, ...others } = inputs;
  const targets = Object.entries(others);
  const found = gradients(
    sumAll(multiply(output, arriving)),
    targets.map(([, tensor]) => tensor),
  );
  const outputs: [string, Tensor][] = targets.map(([name], index) => [`gradient of ${name}`, found[index]]);
  return evaluate(backend, { output, ...Object.fromEntries(outputs) }, feeds);
}

test.each([
  ["plain", plain],
  ["with an adapter", adapted],
])("layers in panels give the same output and the same gradients: %s", (_, { gate, up, down }) => {
  const expected = valuesOf({ gate, up, down });
  const found = valuesOf({ gate: inPanels(gate), up: inPanels(up), down: inPanels(down) });
  const some = valuesOf({ gate: inPanels(gate), up, down: inPanels(down) });
  for (const name of Object.keys(expected)) {
    expect(relativeError(found[name], expected[name]), name).toBeLessThan(1e-12);
    expect(relativeError(some[name], expected[name]), name).toBeLessThan(1e-12);
  }
});
