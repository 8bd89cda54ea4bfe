import { expect, test } from "vitest";
import { capturedProgram, lines } from "../../test/support/captured-program.ts";

const grade = (rows: readonly (object | string)[], ...args: string[]) =>
  capturedProgram(["grade", ...args], lines(rows));

const pairs = [
  { gold: "$\\frac{1}{2}$", completion: "so \\boxed{0.5}" },
  { gold: "5", completion: "\\boxed{6}" },
  { gold: "5", completion: "I cannot solve this problem." },
  { gold: "", completion: "\\boxed{6}" },
];

test("prints one verdict a pair, and how many there were of each", async () => {
  expect(await grade(pairs)).toEqual({
    code: 0,
    output: "equal\ndifferent\nanswer-unparseable\ngold-unparseable\n",
    errors: "4 pairs: 1 equal, 1 different, 1 without a readable answer, 1 without a readable gold answer\n",
  });
});

test("prints what it compared for machines", async () => {
  const { output } = await grade([{ id: 7, ...pairs[0] }], "--json");
  const lines = output.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { type: "grade", id: 7, verdict: "equal", gold: "\\frac{1}{2}", answer: "0.5" },
    { type: "summary", pairs: 1, equal: 1, different: 0, "gold-unparseable": 0, "answer-unparseable": 0 },
  ]);
});

test("gives the verdicts of math-verify where that is asked for", async () => {
  const pair = { gold: "$3400$", completion: "\\boxed{3\\,400}" };
  expect((await grade([pair])).output).toBe("equal\n");
  expect((await grade([pair], "--compat", "math-verify")).output).toBe("different\n");
});

test("takes decimal places, and names that differ", async () => {
  const third = { gold: "$\\frac{1}{3}$", completion: "\\boxed{0.333}" };
  expect((await grade([third])).output).toBe("different\n");
  expect((await grade([third], "--decimal-places", "3")).output).toBe("equal\n");
  expect((await grade([{ gold: "$x+1$", completion: "\\boxed{t+1}" }], "--no-strict")).output).toBe(
    "equal\n",
  );
});

test.each([
  [["{"], [], 1, "standard input line 1: not valid JSON"],
  [[{ gold: 5, completion: "" }], [], 1, 'line 1: "gold" must be a text, found 5'],
  [[{ gold: "5" }], [], 1, '"completion" must be a text'],
  [pairs, ["--compat", "sympy"], 2, "--compat sympy: the only library"],
  [pairs, ["--decimal-places", "101"], 2, "give at most 100"],
])("refuses %j %j", async (rows, args, code, message) => {
  const result = await grade(rows as object[], ...(args as string[]));
  expect(result.code).toBe(code);
  expect(result.errors).toContain(message);
});
