import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { fixturesAbsent, fixturesFolder } from "../../test/parity/fixtures.ts";
import { capturedProgram } from "../../test/support/captured-program.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";

const run = (...args: string[]) => capturedProgram(args);

const refused = async (args: readonly string[], code: number, message: string): Promise<void> => {
  const result = await run("eval", ...args);
  expect(result.errors).toContain(message);
  expect(result.errors.trimEnd().split("\n")).toHaveLength(1);
  expect(result).toMatchObject({ code, output: "" });
};

test.each([
  [["--benchmark", "aime24"], "give a MODEL to evaluate, or two folders with --compare A B"],
  [["m", "--benchmark", "aime24,math500"], 'unknown benchmark "math500"; did you mean "math-500"?'],
  [["m", "--benchmark", "aime24,aime24"], "aime24 stands there twice"],
  [["m", "--benchmark", "aime24", "--template", "chatboxed"], 'did you mean "chat-boxed"?'],
  [["m", "--benchmark", "aime24", "--data", "amc23=x"], "amc23 is not evaluated"],
  [["m", "--benchmark", "aime24", "--problems", "3"], "--problems is for the held-out problems of a task"],
  [["m", "--benchmark", "aime24", "--samples", "amc23=2"], "--samples amc23=2: amc23 is not evaluated"],
  [["m", "--benchmark", "aime24", "--top-p", "aime42=1"], 'unknown benchmark "aime42"'],
  [["m", "--benchmark", "aime24", "--top-p", "aime24=2"], "Expected a number from 0 to 1."],
  [["m", "--max-tokens", "2"], "--max-tokens is for benchmarks; name some with --benchmark"],
  [["m", "--benchmark", "aime24", "--grader", "upstream"], "--grader is for --compare"],
  [["--compare", "a"], "--compare takes two folders, not 1; give --compare A B"],
  [["--compare", "a", "b", "c"], "--compare takes two folders, not 3"],
  [["--compare", "a", "b", "--samples", "2"], "--samples says nothing to --compare; leave it out"],
  [["--compare", "a", "b"], "a holds no evaluation; give the output folder of gpgrad eval --benchmark"],
] as const)("%j is refused in one line", (args, message) => refused(args, 2, message));

const model = path.join(fixturesFolder, "models", "qwen2-untied");
let warmth: Promise<unknown>;
beforeAll(() => {
  // Loading the modules takes its time, once.
  warmth = import("./benchmark/evaluate-benchmarks.ts");
});

test.skipIf(fixturesAbsent)(
  "what the model has no room or no template for is refused before anything is written",
  async () => {
    await warmth;
    const folder = temporaryFolder();
    const data = path.join(folder, "aime24.jsonl");
    const rows = ["short?", "long? ".repeat(400)].map(
      (problem) => `${JSON.stringify({ problem, answer: 7 })}\n`,
    );
    writeFileSync(data, rows.join(""));
    const output = path.join(folder, "out");
    const given = [model, "--benchmark", "aime24", "--data", `aime24=${data}`, "--template", "none"];
    const asked = [...given, "--output", output, "--max-tokens", "8"];
    const result = await run("eval", ...asked);
    expect(result.errors).toContain("warning: aime24: ");
    expect(result.errors).toContain("has 2 problems, the benchmark 30");
    expect(result.errors).toMatch(
      /error: aime24: the prompt of aime24\/1 has \d+ tokens, which with 8 for its completion exceed the model's 512 positions; lower --max-tokens, or leave such problems out with --long-prompts skip\n$/,
    );
    expect(result.code).toBe(1);
    expect((await run("eval", ...given, "--max-tokens", "512")).errors).toContain(
      "leaves no room for a prompt",
    );
    expect((await run("eval", ...given, "--output", output)).errors).toContain(
      "give a limit with --max-tokens",
    );
    const other = [...asked, "--long-prompts", "skip"];
    writeFileSync(path.join(folder, "thesis.tex"), "");
    expect((await run("eval", ...other, "--output", folder)).errors).toContain("holds no evaluation, but");
    expect(existsSync(output)).toBe(false);
  },
);
