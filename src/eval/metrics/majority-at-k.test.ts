import fc from "fast-check";
import { expect, test } from "vitest";
import { type AnswerClass, majorityAtK } from "./majority-at-k.ts";

/** By its definition: the mean over all choices of k completions. */
function naive(classes: readonly AnswerClass[], abstained: number, k: number): number {
  const completions = [
    ...classes.flatMap(({ size }, index) => new Array<number>(size).fill(index)),
    ...new Array<number>(abstained).fill(-1),
  ];
  let sum = 0;
  let choices = 0;
  for (let mask = 0; mask < 2 ** completions.length; mask++) {
    const chosen = completions.filter((_, index) => mask & (1 << index));
    if (chosen.length !== k) {
      continue;
    }
    choices++;
    const votes = classes.map((_, index) => chosen.filter((answer) => answer === index).length);
    const most = Math.max(0, ...votes);
    const leaders = classes.filter((_, index) => most > 0 && votes[index] === most);
    sum += leaders.reduce((total, { right }) => total + right / leaders.length, 0);
  }
  return sum / choices;
}

const votes = fc
  .record({
    classes: fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 4 }), right: fc.constantFrom(0, 1, 0.5) }),
      { maxLength: 4 },
    ),
    abstained: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ classes, abstained }) => ({
    classes,
    abstained,
    total: classes.reduce((sum, { size }) => sum + size, abstained),
  }))
  .filter(({ total }) => total >= 1 && total <= 10);

test("equals the mean over all choices of k completions, coins thrown at ties", () => {
  fc.assert(
    fc.property(votes, fc.nat(), ({ classes, abstained, total }, number) => {
      const k = 1 + (number % total);
      expect(majorityAtK(classes, abstained, k)).toBeCloseTo(naive(classes, abstained, k), 10);
    }),
    { numRuns: 60 },
  );
});

test("maj@1 is pass@1", () => {
  fc.assert(
    fc.property(votes, ({ classes, abstained, total }) => {
      const right = classes.reduce((sum, { size, right }) => sum + size * right, 0);
      expect(majorityAtK(classes, abstained, 1)).toBeCloseTo(right / total, 10);
    }),
  );
});

test("a tie of two answers, one right, is half a point; nobody's answer is none", () => {
  expect(
    majorityAtK(
      [
        { size: 2, right: 1 },
        { size: 2, right: 0 },
      ],
      3,
      7,
    ),
  ).toBe(0.5);
  expect(majorityAtK([], 4, 4)).toBe(0);
});

test("hundreds of completions overflow nothing", () => {
  const classes = [
    { size: 180, right: 1 },
    { size: 120, right: 0 },
  ];
  expect(majorityAtK(classes, 20, 320)).toBe(1);
  expect(majorityAtK(classes, 20, 1)).toBeCloseTo(180 / 320, 10);
  expect(majorityAtK(classes, 20, 101)).toBeGreaterThan(0.97);
});
