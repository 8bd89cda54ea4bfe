import fc from "fast-check";
import { expect, test } from "vitest";
import { kthLargest } from "./kth-largest.ts";

test("is what a sort finds, ties and neighbouring rows included", () => {
  const values = fc.array(
    fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -9, max: 9 })),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(values, fc.nat(), (numbers, pick) => {
      const k = 1 + (pick % numbers.length);
      const rows = Float32Array.of(100, ...numbers, 100);
      const sorted = Float32Array.from(numbers).sort().reverse();
      const found = kthLargest(rows, 1, numbers.length, k, new Float32Array(k));
      // `toBe` would tell 0 from -0.
      expect(found === sorted[k - 1], `${found} instead of ${sorted[k - 1]}`).toBe(true);
    }),
  );
});
