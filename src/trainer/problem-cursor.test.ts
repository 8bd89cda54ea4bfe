import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import type { Problem } from "../pipeline.ts";
import type { ProblemSet } from "../tasks/task.ts";
import { createProblemCursor } from "./problem-cursor.ts";

function problemSet(size: number): ProblemSet {
  return {
    size,
    at: (index): Problem => ({ id: String(index), prompt: "?", answer: "", columns: {} }),
  };
}

function take(cursor: { next(): Problem }, count: number): string[] {
  return Array.from({ length: count }, () => cursor.next().id);
}

const sizes = fc.integer({ min: 1, max: 40 });

test("every problem comes once an epoch", () => {
  fc.assert(
    fc.property(sizes, fc.integer(), (size, seed) => {
      const cursor = createProblemCursor(problemSet(size), seed);
      for (let epoch = 0; epoch < 3; epoch++) {
        expect(new Set(take(cursor, size)).size).toBe(size);
      }
      expect(cursor.position).toBe(3 * size);
    }),
  );
});

test("a cursor set to a position goes on as one that walked there", () => {
  fc.assert(
    fc.property(sizes, fc.integer(), fc.nat(100), (size, seed, position) => {
      const walked = createProblemCursor(problemSet(size), seed);
      take(walked, position);
      const jumped = createProblemCursor(problemSet(size), seed, position);
      expect(take(jumped, size + 1)).toEqual(take(walked, size + 1));
    }),
  );
});

test("epochs and seeds have orders of their own", () => {
  const cursor = createProblemCursor(problemSet(30), 1);
  const [first, second] = [take(cursor, 30), take(cursor, 30)];
  expect(second).not.toEqual(first);
  expect(take(createProblemCursor(problemSet(30), 2), 30)).not.toEqual(first);
});

test("no problems, no cursor", () => {
  expect(() => createProblemCursor(problemSet(0), 1)).toThrow(DataError);
});
