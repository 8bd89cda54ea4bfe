import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearestKey } from "./nearest-key.ts";

test("edit distance counts inserts, deletes, replacements and swaps", () => {
  expect(editDistance("steps", "steps")).toBe(0);
  expect(editDistance("stpes", "steps")).toBe(1);
  expect(editDistance("step", "steps")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("edit distance is symmetric and bounded by the longer word", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance === 0).toBe(a === b);
    }),
  );
});

test("finds the key that was meant, in other spellings too, and none where nothing is near", () => {
  const known = ["steps", "promptsPerStep", "completionsPerPrompt"];
  expect(nearestKey("stpes", known)).toBe("steps");
  expect(nearestKey("prompts_per_step", known)).toBe("promptsPerStep");
  expect(nearestKey("colour", known)).toBeUndefined();
});
