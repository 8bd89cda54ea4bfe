import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastAxes, broadcastShapes, sameShape, sizeOf } from "./shape.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

/** A shape, and one that broadcasts to it: leading axes dropped, some others made 1. */
const broadcasts = shapes.chain((to) =>
  fc
    .tuple(fc.nat(to.length), fc.array(fc.boolean(), { minLength: to.length, maxLength: to.length }))
    .map(([dropped, ones]) => ({ to, from: to.map((size, axis) => (ones[axis] ? 1 : size)).slice(dropped) })),
);

test("a shape that broadcasts to another makes that other with it, on either side", () => {
  fc.assert(
    fc.property(broadcasts, ({ from, to }) => {
      expect(broadcastShapes(from, to)).toEqual(to);
      expect(broadcastShapes(to, from)).toEqual(to);
    }),
  );
});

test("the axes of a broadcast hold exactly the repetitions", () => {
  fc.assert(
    fc.property(broadcasts, ({ from, to }) => {
      const repetitions = broadcastAxes(from, to).map((axis) => to[axis]);
      expect(sizeOf(repetitions) * sizeOf(from)).toBe(sizeOf(to));
    }),
  );
});

test("both sides can repeat", () => {
  expect(broadcastShapes([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
});

test.each([
  [[2], [3]],
  [
    [2, 3],
    [2, 1, 2],
  ],
])("%j and %j do not broadcast", (a, b) => {
  expect(() => broadcastShapes(a, b)).toThrow(/^internal: .*do not broadcast/);
});

test("sizes and ranks tell shapes apart", () => {
  expect([sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2]), sameShape([2], [2, 1])]).toEqual([
    true,
    false,
    false,
  ]);
});
