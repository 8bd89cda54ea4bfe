import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { EvaluationResults } from "../../src/eval/evaluation-results.ts";
import { dataFolder } from "../parity/data.ts";
import { fixturesAbsent, fixturesFolder } from "../parity/fixtures.ts";
import { gpgrad, jsonLines, startGpgrad } from "../support/gpgrad.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const model = path.join(fixturesFolder, "models", "qwen2-untied");

const { folder: data, absent: dataAbsent } = dataFolder(".");
const absent = dataAbsent || fixturesAbsent;

/** The model has 512 positions, which some prompts exceed. */
const evaluate = (benchmark: string, output: string, ...more: string[]) => [
  ...["eval", model, "--benchmark", benchmark, "--data", data, "--template", "none"],
  ...["--long-prompts", "skip", "--output", output, ...more],
];

const ofFourTokens = ["--samples", "4", "--max-tokens", "4"];

interface ProblemLine {
  type: "problem";
  id: string;
}

const problemsOf = (output: string) =>
  output
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ProblemLine | { type: "summary" })
    .filter((line): line is ProblemLine => line.type === "problem")
    .map(({ id }) => id);

const journalOf = (folder: string) => path.join(folder, "journal", "math-500.jsonl");
const readText = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
const readResults = (folder: string) =>
  JSON.parse(readFileSync(path.join(folder, "results.json"), "utf8")) as EvaluationResults;
const readCompletions = async (folder: string) =>
  parquetReadObjects({
    file: await asyncBufferFromFile(path.join(folder, "completions", "math-500.parquet")),
  });

/** Kills the process as soon as it has told `count` finished problems. */
async function killAfter(count: number, args: string[]): Promise<string> {
  const running = startGpgrad(...args, "--json");
  let text = "";
  running.process.stdout!.on("data", (chunk: string) => {
    text += chunk;
    if (problemsOf(text).length >= count) {
      running.process.kill("SIGKILL");
    }
  });
  const { signal, output } = await running.finished;
  expect(signal).toBe("SIGKILL");
  return output;
}

test.skipIf(absent)(
  "500 problems with 4 samples each survive kill -9, and nothing is done twice",
  {
    timeout: 300_000,
  },
  async () => {
    const folder = temporaryFolder();
    const [whole, killed] = [path.join(folder, "whole"), path.join(folder, "killed")];
    expect(await gpgrad(...evaluate("math-500", whole, ...ofFourTokens))).toMatchObject({ code: 0 });

    for (const count of [1, 130]) {
      const before = readText(journalOf(killed));
      const told = problemsOf(await killAfter(count, evaluate("math-500", killed, ...ofFourTokens)));
      const after = readText(journalOf(killed));
      expect(after.startsWith(before)).toBe(true);
      expect(after.length).toBeGreaterThan(before.length);
      expect(told.filter((id) => before.includes(JSON.stringify({ id }).slice(1, -1)))).toEqual([]);
      expect(existsSync(path.join(killed, "results.json"))).toBe(false);
    }
    const compared = await gpgrad("eval", "--compare", whole, killed);
    expect(compared).toMatchObject({ code: 2 });
    expect(compared.errors).toContain("is not finished; run the same gpgrad eval again");

    const finished = readText(journalOf(killed));
    appendFileSync(journalOf(killed), '{"id":"test/torn');
    const resumed = await gpgrad(...evaluate("math-500", killed, ...ofFourTokens), "--json");
    expect(resumed).toMatchObject({ code: 0 });
    expect(readText(journalOf(killed)).startsWith(finished)).toBe(true);

    const entries = readText(journalOf(killed)).trimEnd().split("\n");
    const ids = entries.map((line) => (JSON.parse(line) as ProblemLine).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(problemsOf(resumed.output)).toEqual(ids.slice(finished.trimEnd().split("\n").length));
    const [benchmark] = readResults(killed).benchmarks;
    expect(benchmark!.problems).toBe(ids.length);
    expect(benchmark!.problems + benchmark!.skipped.length).toBe(500);
    expect(benchmark!.samples).toBe(4);

    // Sums of other batches may round otherwise and so, very rarely, draw another token.
    const [expected, found] = [await readCompletions(whole), await readCompletions(killed)];
    expect(found.map(({ problem_id }) => problem_id)).toEqual(expected.map(({ problem_id }) => problem_id));
    const same = found.filter(({ completion }, index) => completion === expected[index]!.completion);
    expect(same.length / expected.length).toBeGreaterThan(0.995);

    const other = await gpgrad(...evaluate("math-500", killed, "--samples", "2", "--max-tokens", "4"));
    expect(other).toMatchObject({ code: 2 });
    expect(other.errors).toContain("holds an evaluation with math-500.samples 4, this one has 2");
  },
);

test.skipIf(absent)(
  "benchmarks in one go give table, results and a comparison",
  { timeout: 300_000 },
  async () => {
    const folder = temporaryFolder();
    const names = "gsm8k,olympiadbench,aime24";
    const few = ["--limit", "2", "--samples", "2", "--max-tokens", "4"];
    const [first, second] = [path.join(folder, "first"), path.join(folder, "second")];
    const greedy = [...few, "--temperature", "0"];
    const [one, two] = await Promise.all([
      gpgrad(...evaluate(names, first, ...few)),
      gpgrad(...evaluate(names, second, ...greedy), "--json"),
    ]);
    expect(one).toMatchObject({ code: 0 });
    expect(two).toMatchObject({ code: 0 });
    const table = readFileSync(path.join(first, "table.md"), "utf8");
    expect(table.split("\n")[0]).toMatch(/^\| Model +\| AIME24 \| OlympiadBench \| GSM8K \| Avg. \|$/);
    expect(one.output).toContain(table);
    const results = readResults(first);
    expect(results.benchmarks.map(({ benchmark }) => benchmark).join()).toBe(names);
    expect(results.average.over).toEqual(["olympiadbench", "aime24"]);
    expect(jsonLines(two.output).at(-1)).toEqual({ type: "summary", output: second, ...readResults(second) });

    const compared = await gpgrad("eval", "--compare", first, second, "--json");
    expect(compared).toMatchObject({ code: 0 });
    const [comparison] = jsonLines(compared.output);
    expect(comparison).toMatchObject({ type: "comparison", grader: "gpgrad" });
    expect((comparison!.differences as unknown[]).length).toBe(4);
    expect(comparison!.notes).toContain("aime24: temperature is 0.6 in the first and 0 in the second");
  },
);
