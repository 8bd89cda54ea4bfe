import { expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { type BenchmarkRun, type ProblemScore, summarizeBenchmark } from "./benchmark-result.ts";
import { compareEvaluations, type StoredEvaluation } from "./compare-evaluations.ts";

function evaluation(
  folder: string,
  benchmarks: Readonly<Record<string, readonly (number | null)[]>>,
  { template = "none", ...settings }: Partial<BenchmarkRun> & { template?: string } = {},
): StoredEvaluation {
  return {
    folder,
    model: folder,
    template,
    benchmarks: Object.entries(benchmarks).map(([benchmark, values]) => ({
      result: summarizeBenchmark(
        {
          ...{ benchmark, title: benchmark, data: "", samples: 1, temperature: 0.6, topP: 0.95 },
          ...{ maxTokens: 8, skipped: [], ...settings },
        },
        [],
        0,
      ).result,
      scores: values.map(
        (value, index): ProblemScore => ({
          id: `${benchmark}/${index}`,
          key: `key ${benchmark} ${index}`,
          passAt1: { gpgrad: value, upstream: value },
        }),
      ),
    })),
  };
}

const ones = (count: number) => new Array<number>(count).fill(1);
const zeros = (count: number) => new Array<number>(count).fill(0);

test("differences are paired problem by problem, and all together the mean over benchmarks", () => {
  const first = evaluation("A", { aime24: [0, 0, 1, 1], amc23: zeros(40) });
  const second = evaluation("B", { aime24: [1, 0, 1, 0], amc23: [...ones(20), ...zeros(20)] });
  const { differences, notes } = compareEvaluations(first, second);
  expect(differences.map(({ benchmark }) => benchmark)).toEqual(["aime24", "amc23", null]);
  expect(differences[0]).toMatchObject({ first: 0.5, second: 0.5, wins: 1, losses: 1, pValue: 1 });
  expect(differences[0]!.difference.value).toBe(0);
  expect(differences[1]).toMatchObject({ first: 0, second: 0.5, wins: 20, losses: 0 });
  expect(differences[1]!.pValue).toBeCloseTo(2 / 2 ** 20, 12);
  expect(differences[1]!.difference.low).toBeGreaterThan(0.3);
  expect(differences[2]).toMatchObject({ problems: 44, wins: 21, losses: 1 });
  expect(differences[2]!.difference.value).toBeCloseTo(0.25, 12);
  expect(notes).toEqual([]);
});

test("turned around, the differences change their sign", () => {
  const first = evaluation("A", { aime24: [0.25, 0, 1, 1, 0.5] });
  const second = evaluation("B", { aime24: [1, 0, 0.75, 0, 1] });
  const [there] = compareEvaluations(first, second).differences;
  const [back] = compareEvaluations(second, first).differences;
  expect(back!.difference.value).toBeCloseTo(-there!.difference.value, 12);
  expect(back!.difference.low).toBeCloseTo(-there!.difference.high, 2);
  expect([back!.wins, back!.losses, back!.pValue]).toEqual([there!.losses, there!.wins, there!.pValue]);
});

test("pairing sees what the two intervals by themselves do not", () => {
  const hard = Array.from({ length: 100 }, (_, index) => Number(index % 2));
  const better = hard.map((value, index) => (index < 20 ? 1 : value));
  const [difference] = compareEvaluations(
    evaluation("A", { x: hard }),
    evaluation("B", { x: better }),
  ).differences;
  expect(difference!.difference.value).toBeCloseTo(0.1, 12);
  expect(difference!.difference.low).toBeGreaterThan(0);
  expect(difference!.pValue).toBeCloseTo(2 / 2 ** 10, 12);
});

test("problems that one of them cannot score are left out of both", () => {
  const first = evaluation("A", { aime24: [null, 0, 1] });
  const second = evaluation("B", { aime24: [1, null, 1] });
  expect(compareEvaluations(first, second).differences).toMatchObject([{ problems: 1, first: 1, second: 1 }]);
});

test("what was not asked the same is refused, with what differs", () => {
  const base = evaluation("A", { aime24: [0, 1] });
  const refused = (other: StoredEvaluation, message: string) => {
    expect(() => compareEvaluations(base, other)).toThrow(ConfigError);
    expect(() => compareEvaluations(base, other)).toThrow(`A and B cannot be compared: ${message}`);
  };
  refused(evaluation("B", { aime24: [0, 1] }, { template: "r1" }), "the first was asked with template none");
  refused(evaluation("B", { amc23: [0, 1] }), "B has no aime24");
  refused(evaluation("B", { aime24: [0, 1], amc23: [1] }), "A has no amc23");
  refused(evaluation("B", { aime24: [0] }), "problem aime24/1 of aime24 is not in B");
  refused(evaluation("B", { aime24: [0, 1, 1] }), "problem aime24/2 of aime24 is not in A");
  const other = evaluation("B", { aime24: [0, 1] });
  const changed = other.benchmarks[0]!.scores.map((score) => ({ ...score, key: `${score.key}!` }));
  refused(
    { ...other, benchmarks: [{ ...other.benchmarks[0]!, scores: changed }] },
    "problem aime24/0 of aime24 has another question or answer in B",
  );
});

test("other limits and temperatures are noted", () => {
  const first = evaluation("A", { aime24: [0] });
  const second = evaluation("B", { aime24: [1] }, { maxTokens: 16, temperature: 1 });
  expect(compareEvaluations(first, second).notes).toEqual([
    "aime24: temperature is 0.6 in the first and 1 in the second",
    "aime24: maxTokens is 8 in the first and 16 in the second",
  ]);
});
