import fc from "fast-check";
import { expect, test } from "vitest";
import { countProblem, problemMetrics, type Vote } from "./counted-problem.ts";

const vote = (extracted: string | null, verdict: Vote["verdict"] = "wrong"): Vote => ({ extracted, verdict });
const sameWord = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

test("answers that are the same vote together, and who has none abstains", () => {
  const votes = [vote("a", "right"), vote("b"), vote("A", "right"), vote(null), vote("c")];
  expect(countProblem(votes, sameWord)).toEqual({
    samples: 5,
    right: 2,
    classes: [
      { size: 2, right: 1 },
      { size: 1, right: 0 },
      { size: 1, right: 0 },
    ],
    abstained: 1,
  });
});

test("a right completion without a vote counts for pass@k alone; unscorable problems for nothing", () => {
  expect(countProblem([vote(null, "right"), vote("b")], sameWord)).toMatchObject({ right: 1, abstained: 1 });
  expect(countProblem([vote("a", "unscorable"), vote("b", "unscorable")], sameWord)).toBeNull();
});

test("metrics go by powers of two up to the number of completions", () => {
  expect(Object.keys(problemMetrics(1))).toEqual(["pass@1"]);
  expect(Object.keys(problemMetrics(2))).toEqual(["pass@1", "avg@2", "pass@2", "maj@2"]);
  expect(Object.keys(problemMetrics(6))).toEqual([
    ...["pass@1", "avg@6", "pass@2", "pass@4", "pass@6", "maj@2", "maj@4", "maj@6"],
  ]);
});

test("every metric is a share, avg@n is pass@1, and a majority needs a right completion", () => {
  const votes = fc.array(
    fc.record({
      extracted: fc.constantFrom(null, "a", "b", "c"),
      verdict: fc.constantFrom("right" as const, "wrong" as const),
    }),
    { minLength: 2, maxLength: 12 },
  );
  fc.assert(
    fc.property(votes, (given) => {
      const problem = countProblem(given, (a, b) => a === b)!;
      const values = Object.fromEntries(
        Object.entries(problemMetrics(given.length)).map(([name, metric]) => [name, metric(problem)]),
      );
      expect(Object.values(values).every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(values[`avg@${given.length}`]).toBeCloseTo(values["pass@1"]!, 12);
      expect(values[`maj@${given.length}`]).toBeLessThanOrEqual(values[`pass@${given.length}`]!);
    }),
  );
});
