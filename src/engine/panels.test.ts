import { describe, expect, test } from "vitest";
import { evaluate } from "../../test/engine/evaluate.ts";
import { createReferenceBackend } from "./backends/reference/backend.ts";
import { transpose } from "./operations.ts";
import { fromPanels, fromTurnedPanels, panelsShape, toPanels, toTurnedPanels, turnPanels } from "./panels.ts";
import type { Tensor } from "./primitives.ts";
import { input } from "./tensor.ts";

const backend = createReferenceBackend();
const [rows, columns, width] = [4, 6, 2];
const x = input("x", [rows, columns]);
const numbers = Array.from({ length: rows * columns }, (_, place) => place);

function numbersOf(tensor: Tensor): number[] {
  return evaluate(backend, { tensor }, { x: numbers }).tensor;
}

/** Panels that nobody remembers to have made of a matrix. */
function strange(panels: Tensor): Tensor {
  return transpose(panels, [0, 1, 2]);
}

describe("a matrix of 4 rows and 6 columns in panels that are 2 wide", () => {
  test("stands two columns at a time, row after row", () => {
    const panels = toPanels(x, width);
    expect(panels.shape).toEqual(panelsShape(x.shape, width));
    expect(numbersOf(panels).slice(0, 10)).toEqual([0, 1, 6, 7, 12, 13, 18, 19, 2, 3]);
  });

  test("turned, stands as its transpose does", () => {
    const turned = toTurnedPanels(x, width);
    const expected = toPanels(transpose(x, [1, 0]), width);
    expect(turned.shape).toEqual(expected.shape);
    expect(numbersOf(turned)).toEqual(numbersOf(expected));
    expect(numbersOf(turnPanels(toPanels(x, width)))).toEqual(numbersOf(expected));
    expect(numbersOf(turnPanels(strange(toPanels(x, width))))).toEqual(numbersOf(expected));
  });

  test("turned into panels that its rows do not fill, ends with zeros", () => {
    const turned = toTurnedPanels(x, 3);
    expect(turned.shape).toEqual([2, columns, 3]);
    expect(numbersOf(turned).slice(0, 6)).toEqual([0, 6, 12, 1, 7, 13]);
    expect(numbersOf(turned).slice(18, 24)).toEqual([18, 0, 0, 19, 0, 0]);
  });

  test("comes out of its panels as it went in", () => {
    expect(fromPanels(toPanels(x, width))).toBe(x);
    for (const back of [
      fromPanels(strange(toPanels(x, width))),
      fromTurnedPanels(toTurnedPanels(x, width)),
    ]) {
      expect(back.shape).toEqual(x.shape);
      expect(numbersOf(back)).toEqual(numbers);
    }
  });

  test("is put into panels of each width once", () => {
    expect(toPanels(x, width)).toBe(toPanels(x, width));
    expect(toTurnedPanels(x, width)).toBe(toTurnedPanels(x, width));
    expect(toPanels(x, 3).shape).toEqual([2, 4, 3]);
  });
});
