import { panelMatmul, turnPanels } from "../../src/engine/panels.ts";
import { floats, type GraphCase } from "./graph-case.ts";

/** Widths that no convolution has, and those that some have. */
const widths = [2, 8, 16];

const sizes = [
  { name: "one row", rows: () => 1, inner: 2, columns: 3 },
  { name: "rows that fill no panel", rows: (width: number) => width + 3, inner: 1, columns: 2 },
  {
    name: "rows that fill a panel, more inputs than outputs",
    rows: (width: number) => width,
    inner: 2,
    columns: 1,
  },
];

/** Every width with one factor and with both ways of the other. */
export const panelMatmulCases: readonly GraphCase[] = widths.flatMap((width) =>
  sizes.flatMap(({ name, rows, inner, columns }): GraphCase[] => {
    const inputs = [floats([inner, rows(width), width]), floats([columns, inner * width, width])];
    return [
      { name: `${width} wide, ${name}`, inputs, build: (x, v) => panelMatmul(x, v) },
      {
        name: `${width} wide, ${name}, the right matrix turned beside it`,
        inputs,
        build: (x, v) => panelMatmul(x, v, turnPanels(v)),
      },
    ];
  }),
);
