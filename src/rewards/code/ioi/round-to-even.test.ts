import { expect, test } from "vitest";
import { roundToEven } from "./round-to-even.ts";

test.each([
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [0.135, 2, 0.14],
  [0.145, 2, 0.14],
  [0.5, 0, 0],
  [1, 2, 1],
  [0.999, 2, 1],
  [0, 2, 0],
])("%d to %d places is %d, as in Python", (value, places, rounded) => {
  expect(roundToEven(value, places)).toBe(rounded);
});
