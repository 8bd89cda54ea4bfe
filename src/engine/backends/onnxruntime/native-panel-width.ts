import { BackendError } from "../../../errors.ts";
import type { Buffer, CompiledGraph } from "../../backend.ts";
import { buildGraph, type Graph } from "../../graph.ts";
import { panelMatmul } from "../../panels.ts";
import type { Shape } from "../../shape.ts";
import { input } from "../../tensor.ts";

/** Widths of the blocks that ONNX Runtime has for its processors, the wider first: they never read past narrower ones. */
const blockWidths = [16, 8];

let known: number | null | undefined;

/**
 * The width of panels that this processor's convolution multiplies, null where there is no such convolution. ONNX Runtime
 * has no function that tells, so a small product is tried.
 */
export function nativePanelWidth(
  compile: (graph: Graph, panelWidth: number) => CompiledGraph,
  allocate: (shape: Shape) => Buffer,
): number | null {
  if (known === undefined) {
    known = blockWidths.find((width) => multipliesPanels(width, compile, allocate)) ?? null;
  }
  return known;
}

function multipliesPanels(
  width: number,
  compile: (graph: Graph, panelWidth: number) => CompiledGraph,
  allocate: (shape: Shape) => Buffer,
): boolean {
  const [panels, rows] = [2, 3];
  const inner = panels * width;
  // Small whole numbers, of which sums are exact in any order.
  const [left, leftValues] = wholeNumbers(allocate([panels, rows, width]), 7);
  const [right, rightValues] = wholeNumbers(allocate([panels, inner, width]), 5);
  const product = allocate([panels, rows, width]);
  const expected = (index: number): number => {
    const [panel, row, column] = [
      Math.floor(index / (rows * width)),
      Math.floor(index / width) % rows,
      index % width,
    ];
    let total = 0;
    for (let k = 0; k < inner; k++) {
      const x = leftValues[(Math.floor(k / width) * rows + row) * width + (k % width)];
      total += x * rightValues[(panel * inner + k) * width + column];
    }
    return total;
  };
  try {
    const graph = buildGraph({
      product: panelMatmul(input("left", left.shape), input("right", right.shape)),
    });
    const compiled = compile(graph, width);
    const bound = compiled.bind({ left, right }, { product });
    bound.run();
    bound.free();
    compiled.free();
  } catch (error) {
    if (error instanceof BackendError) {
      return false;
    }
    throw error;
  }
  return (product.values as Float32Array).every((value, index) => value === expected(index));
}

function wholeNumbers(buffer: Buffer, modulus: number): [Buffer, Float32Array] {
  const values = buffer.values as Float32Array;
  values.set(Float32Array.from(values, (_, index) => (index % modulus) - Math.floor(modulus / 2)));
  return [buffer, values];
}
