import path from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { Verdict } from "../tasks/benchmark/grade-completion.ts";
import { type BenchmarkRun, summarizeBenchmark } from "./benchmark-result.ts";
import { writeCompletions } from "./completions-parquet.ts";
import { evaluationResults } from "./evaluation-results.ts";
import type { FinishedProblem } from "./finished-problem.ts";
import { resultsTable } from "./results-table.ts";

const run: BenchmarkRun = {
  benchmark: "aime24",
  title: "AIME24",
  data: "aime24.jsonl",
  samples: 2,
  temperature: 0.6,
  topP: 0.95,
  maxTokens: 100,
  skipped: [],
};

/** `r`: right, `w`: wrong, `u`: unscorable; a capital where upstream says the opposite. */
function problem(id: string, verdicts: string): FinishedProblem {
  return {
    id,
    key: id,
    completions: Array.from(verdicts, (letter, index) => {
      const own: Verdict = { r: "right", w: "wrong", u: "unscorable" }[letter.toLowerCase()] as Verdict;
      const opposite: Verdict = own === "right" ? "wrong" : "right";
      return {
        text: `text ${index}`,
        tokens: 10 + index,
        finishReason: index === 0 ? "length" : "stop",
        verdict: own,
        upstreamVerdict: letter === letter.toLowerCase() ? own : opposite,
        extracted: own === "right" ? "7" : null,
      };
    }),
  };
}

test("shares are of completions, metrics of scorable problems, for both graders", () => {
  const problems = [problem("a", "rr"), problem("b", "rw"), problem("c", "wW"), problem("d", "uu")];
  const { result, scores } = summarizeBenchmark(run, problems, 0);
  expect(result).toMatchObject({
    problems: 4,
    truncatedShare: 0.5,
    unansweredShare: 5 / 8,
    unscorableShare: 0.25,
    disagreementShare: 1 / 8,
    meanTokens: 10.5,
  });
  const { gpgrad, upstream } = result.metrics;
  expect(gpgrad["pass@1"]!.value).toBeCloseTo(0.5, 12);
  expect(gpgrad["avg@2"]!.value).toBeCloseTo(0.5, 12);
  expect(gpgrad["pass@2"]!.value).toBeCloseTo(2 / 3, 12);
  expect(gpgrad["maj@2"]!.value).toBeCloseTo(2 / 3, 12);
  expect(upstream["pass@1"]!.value).toBeCloseTo(2 / 3, 12);
  expect(scores.map(({ passAt1 }) => passAt1.gpgrad)).toEqual([1, 0.5, 0, null]);
});

test("where nothing can be scored there is no number", () => {
  const { result } = summarizeBenchmark(run, [problem("a", "uu")], 0);
  expect(result.metrics.gpgrad["pass@1"]).toBeNull();
  expect(evaluationResults(model, [{ result, scores: [] }]).average.passAt1.gpgrad).toBeNull();
});

const model = { model: "runs/a|b", name: "a|b", template: "none", seed: 0 };

test("the table has the paper's columns in their order, and its average leaves other benchmarks out", () => {
  const summarized = [
    ["gsm8k", "GSM8K", "rr"],
    ["minerva", "Minerva", "ww"],
    ["aime24", "AIME24", "rr"],
  ].map(([benchmark, title, verdicts]) =>
    summarizeBenchmark(
      { ...run, benchmark: benchmark!, title: title!, skipped: benchmark === "minerva" ? ["m/3"] : [] },
      [problem("a", verdicts!)],
      0,
    ),
  );
  const results = evaluationResults(model, summarized);
  expect(results.average).toMatchObject({ over: ["minerva", "aime24"] });
  const lines = resultsTable(results)
    .split("\n")
    .map((line) => line.replaceAll(/ {2,}/g, " "));
  expect(lines[0]).toBe("| Model | AIME24 | Minerva | GSM8K | Avg. |");
  expect(lines[2]).toBe("| a\\|b | 100.0 | 0.0 | 100.0 | 50.0 |");
  expect(lines[3]).toBe("| a\\|b, upstream's grader | 100.0 | 0.0 | 100.0 | 50.0 |");
  expect(lines).toContain("Minerva: left out, because their prompts are too long for the model: m/3.");
  expect(lines).toContain("AIME24: 1 problems instead of 30; not comparable with published results.");
  expect(evaluationResults(model, summarized.slice(0, 1)).average.over).toEqual(["gsm8k"]);
});

test("the parquet has a row for each completion", async () => {
  const file = path.join(temporaryFolder(), "completions", "aime24.parquet");
  const asked = (id: string, answers: string[]) => ({
    id,
    key: id,
    question: "q",
    answers,
    upstreamGold: answers,
    isSolved: false,
    tolerance: null,
  });
  writeCompletions(file, "aime24", [
    { problem: asked("a", ["7"]), prompt: "q", finished: problem("a", "rW") },
    {
      problem: asked("b", ["1", "2"]),
      prompt: [{ role: "user", content: "q" }],
      finished: problem("b", "u"),
    },
  ]);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) });
  expect(rows).toHaveLength(3);
  expect(rows[1]).toEqual({
    benchmark: "aime24",
    problem_id: "a",
    sample: 1,
    prompt: "q",
    completion: "text 1",
    extracted_answer: null,
    gold: "7",
    verdict: "wrong",
    upstream_verdict: "right",
    tokens: 11,
    finish_reason: "stop",
  });
  expect(rows[2]).toMatchObject({ gold: '["1","2"]', prompt: '[{"role":"user","content":"q"}]' });
});
