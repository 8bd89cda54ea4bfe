import { add, multiply, reshape } from "../../src/engine/operations.ts";
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

/** Sums that a lowering may write as part of a product; accumulators and biases among them. */
export const panelSumCases: readonly GraphCase[] = [2, 16].flatMap((width): GraphCase[] => {
  const factors = [floats([2, 5, width]), floats([3, 2 * width, width])];
  const wide = `, panels ${width} wide`;
  return [
    {
      name: `a product and panels of its shape${wide}`,
      inputs: [...factors, floats([3, 5, width])],
      build: (x, v, sofar) => add(sofar, panelMatmul(x, v)),
    },
    {
      name: `a product and a bias${wide}`,
      inputs: [...factors, floats([3 * width])],
      build: (x, v, bias) => add(panelMatmul(x, v), reshape(bias, [3, 1, width])),
    },
    {
      name: `a product and one panel for all${wide}`,
      inputs: [...factors, floats([1, 1, width])],
      build: (x, v, panel) => add(panelMatmul(x, v), panel),
    },
    {
      name: `a product that is broadcast${wide}`,
      inputs: [...factors, floats([2, 3, 5, width])],
      build: (x, v, larger) => add(larger, panelMatmul(x, v)),
    },
    {
      name: `two products${wide}`,
      inputs: [...factors, ...factors],
      build: (a, b, c, d) => add(panelMatmul(a, b), panelMatmul(c, d)),
    },
    {
      name: `a product and itself${wide}`,
      inputs: factors,
      build: (x, v) => {
        const product = panelMatmul(x, v);
        return add(product, product);
      },
    },
    {
      name: `a product that is used elsewhere too${wide}`,
      inputs: [...factors, floats([3, 5, width])],
      build: (x, v, other) => {
        const product = panelMatmul(x, v);
        return multiply(add(product, other), product);
      },
    },
  ];
});
