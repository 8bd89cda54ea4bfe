import path from "node:path";
import { describe, expect, test } from "vitest";
import { dataSource } from "../../src/datasets/data-source.ts";
import { benchmarkNames, findBenchmark } from "../../src/eval/benchmarks/registry.ts";
import type { BenchmarkProblem } from "../../src/tasks/benchmark/benchmark-problem.ts";
import { gradeCompletion } from "../../src/tasks/benchmark/grade-completion.ts";
import { readBenchmark } from "../../src/tasks/benchmark/read-benchmark.ts";
import { dataFolder } from "./data.ts";

const { folder, absent } = dataFolder(".");

function read(name: string, ...place: string[]): BenchmarkProblem[] {
  const source = dataSource.parse({ path: path.join(folder, ...place) });
  return readBenchmark({ name, source, rules: findBenchmark(name).rules }, () => undefined);
}

const suite = ["arrow", "understand-r1-zero", "evaluation_suite"];
const files: Readonly<Record<string, string[]>> = {
  aime24: ["benchmarks", "aime24.jsonl"],
  "math-500": ["benchmarks", "math500.jsonl"],
  amc23: ["benchmarks", "amc23.jsonl"],
  minerva: ["benchmarks", "minerva.jsonl"],
  olympiadbench: ["benchmarks", "olympiadbench.jsonl"],
  gsm8k: ["gsm8k", "test.jsonl"],
};

describe.skipIf(absent).each(benchmarkNames)("%s", (name) => {
  const problems = absent ? [] : read(name, ...files[name]!);
  const { rules, problems: official } = findBenchmark(name);

  test("has all its problems, each with an id of its own", () => {
    expect(problems).toHaveLength(official);
    expect(new Set(problems.map(({ id }) => id)).size).toBe(official);
  });

  test("its own answers are right by both graders, another by neither", () => {
    const verdictsOf = (problem: BenchmarkProblem, answer: string) =>
      gradeCompletion(
        problem,
        `Therefore, the final answer is: $\\boxed{${answer}}$. I hope it is correct`,
        rules.upstreamReads,
      );
    const own = problems.map((problem) => verdictsOf(problem, problem.answers[0]!));
    const shareOf = (test: (index: number) => boolean) =>
      problems.filter((_, index) => test(index)).length / problems.length;
    expect(own.filter(({ verdict }) => verdict !== "right")).toEqual([]);
    expect(shareOf((index) => own[index]!.upstreamVerdict === "right")).toBeGreaterThan(0.99);
    const sentinel = "987654321987";
    const wrong = problems.map((problem) => verdictsOf(problem, sentinel));
    expect(wrong.map(({ verdict }) => verdict)).toEqual(problems.map(() => "wrong"));
    expect(wrong.map(({ upstreamVerdict }) => upstreamVerdict)).toEqual(problems.map(() => "wrong"));
    expect(wrong.every(({ extracted }) => extracted === sentinel)).toBe(true);
  });
});

test.skipIf(absent)("copies in Arrow give the same problems, whatever the type of their answers", () => {
  for (const [name, copied] of [
    ["aime24", "aime"],
    ["math-500", "math"],
    ["olympiadbench", "olympiad_bench"],
  ] as const) {
    const copy = read(name, ...suite, copied);
    const keys = new Set(read(name, ...files[name]!).map(({ key }) => key));
    expect(copy).toHaveLength(findBenchmark(name).problems);
    // Texts of five of AIME's problems differ.
    expect(copy.filter(({ key }) => keys.has(key)).length / copy.length).toBeGreaterThan(0.8);
  }
  const amc = read("amc23", ...suite, "amc");
  expect(amc).toHaveLength(83);
  expect(amc.every(({ answers }) => answers.length === 1 && /^-?\d+$/.test(answers[0]!))).toBe(true);
});

test.skipIf(absent)(
  "Minerva's answers are those of the solutions, and copies without solutions say so",
  () => {
    const problems = read("minerva", ...files.minerva!);
    expect(problems.every(({ isSolved }) => isSolved)).toBe(true);
    expect(problems.find(({ id }) => id === "minerva/57")!.answers).toEqual(["0.53"]);
    const copy = read("minerva", ...suite, "minerva");
    expect(copy.some(({ isSolved }) => isSolved)).toBe(false);
    expect(copy.some(({ answers }) => answers.length > 1)).toBe(true);
  },
);

test.skipIf(absent)("the one tolerance of OlympiadBench holds", () => {
  const problems = read("olympiadbench", ...files.olympiadbench!);
  const tolerant = problems.filter(({ tolerance }) => tolerance !== null);
  expect(tolerant).toMatchObject([{ tolerance: 0.1, answers: ["4.2"] }]);
});
