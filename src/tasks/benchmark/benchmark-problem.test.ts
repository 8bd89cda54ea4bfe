import { expect, test } from "vitest";
import { type AnswerRules, toBenchmarkProblem } from "./benchmark-problem.ts";
import { gradeCompletion, sameAnswer } from "./grade-completion.ts";

const plain: AnswerRules = { answers: "answer", upstreamGold: "answer", upstreamReads: "expression" };
const latex: AnswerRules = { answers: "answer", upstreamGold: "answer", upstreamReads: "latex" };
const solved: AnswerRules = { answers: "solution", upstreamGold: "solution", upstreamReads: "latex" };

const read = (columns: Record<string, unknown>, rules = plain) => {
  const result = toBenchmarkProblem({ file: "f", number: 1, columns }, "set/0", rules);
  if (result.kind === "unusable") {
    throw new Error(result.reason);
  }
  return result.problem;
};

test("answers come as text, numbers, lists and worked text", () => {
  expect(read({ problem: "q", answer: "025" }).answers).toEqual(["025"]);
  expect(read({ problem: "q", answer: 142 }).answers).toEqual(["142"]);
  expect(read({ problem: "q", answer: ["0.01\n", "0.02"] }).answers).toEqual(["0.01", "0.02"]);
  expect(read({ question: "q", answer: "2+2=<<2+2=4>>4\n#### 1,004" }).answers).toEqual(["1,004"]);
});

test("the last box of the solution is the answer where the benchmark says so, whatever the column states", () => {
  const row = { problem: "q", answer: "4.4e7", solution: "First \\boxed{1}, then \\boxed{0.53}." };
  expect(read(row, solved)).toMatchObject({ answers: ["0.53"], upstreamGold: [row.solution] });
  expect(read(row).answers).toEqual(["4.4e7"]);
  expect(read({ problem: "q", answer: ["9.6\n"] }, solved)).toMatchObject({
    answers: ["9.6"],
    upstreamGold: ["$9.6$"],
  });
});

test("ids are the row's own or made; the key is that of question and answer in any copy", () => {
  expect(read({ id: "a/1", problem: "q", answer: "1" }).id).toBe("a/1");
  expect(read({ unique_id: "b", problem: "q", answer: "1" }).id).toBe("b");
  expect(read({ id: 60, problem: "q", answer: "1" }).id).toBe("60");
  const { id, key } = read({ question: "q", answer: 1 });
  expect(id).toBe("set/0");
  expect(read({ id: "a/1", problem: "q\n", answer: "1" }).key).toBe(key);
  expect(read({ problem: "q", answer: "2" }).key).not.toBe(key);
});

test("what is missing is named with the columns that are there", () => {
  const reasonOf = (columns: Record<string, unknown>, rules = plain) => {
    const result = toBenchmarkProblem({ file: "f", number: 1, columns }, "set/0", rules);
    return result.kind === "unusable" ? result.reason : null;
  };
  expect(reasonOf({ prompt: "q", answer: "1" })).toBe(
    'no question in a column "problem" or "question" (columns: prompt, answer)',
  );
  expect(reasonOf({ problem: "q", solution: "no box" }, solved)).toBe(
    'no answer in a column "answer" or a box in "solution" (columns: problem, solution)',
  );
  expect(reasonOf({ problem: "q", answer: null })).toBe(
    'column "answer" is null, expected text, a number or a list of these',
  );
});

test("both graders judge, and the extracted answer is the one they saw", () => {
  const problem = read({ problem: "q", answer: "$\\frac{1}{2}$" }, latex);
  expect(gradeCompletion(problem, "so it is \\boxed{0.5}", "latex")).toEqual({
    verdict: "right",
    upstreamVerdict: "right",
    extracted: "0.5",
  });
  expect(gradeCompletion(problem, "so it is \\boxed{\\frac{1}{3}}", "latex")).toMatchObject({
    verdict: "wrong",
    upstreamVerdict: "wrong",
    extracted: "\\frac{1}{3}",
  });
  expect(gradeCompletion(problem, "so it is \\boxed{\\frac{1", "latex")).toEqual({
    verdict: "wrong",
    upstreamVerdict: "wrong",
    extracted: null,
  });
});

test("one of several answers is enough, and the answer letter for letter is extracted too", () => {
  const problem = read({ problem: "q", answer: ["0.01\n", "0.02"] });
  expect(gradeCompletion(problem, "The answer is \\boxed{0.02}", "expression")).toMatchObject({
    verdict: "right",
    upstreamVerdict: "right",
    extracted: "0.02",
  });
  const numeral = read({ problem: "q", answer: "025" });
  expect(gradeCompletion(numeral, "\\boxed{25}", "expression")).toMatchObject({
    verdict: "right",
    extracted: "25",
  });
});

test("a tolerance holds where the benchmark gives one", () => {
  const problem = read({ problem: "q", answer: "4.2", unit: "%", error: "1e-1" });
  const verdictOf = (answer: string) => gradeCompletion(problem, `\\boxed{${answer}}`, "expression").verdict;
  expect(["4.2", "4.3", "4.1\\%", "4.31"].map(verdictOf)).toEqual(["right", "right", "right", "wrong"]);
  const exact = read({ problem: "q", answer: "4.2" });
  expect(gradeCompletion(exact, "\\boxed{4.3}", "expression").verdict).toBe("wrong");
});

test("a reference answer that cannot be read makes its problem unscorable", () => {
  expect(gradeCompletion(read({ problem: "q", answer: "--" }), "\\boxed{1}", "expression").verdict).toBe(
    "unscorable",
  );
});

test("answers are the same that say the same", () => {
  expect(sameAnswer("\\frac{1}{2}", "0.5")).toBe(true);
  expect(sameAnswer("x+1", "1+x")).toBe(true);
  expect(sameAnswer("(1,2)", "(2,1)")).toBe(false);
  expect(sameAnswer("}{", "}{ ")).toBe(false);
});
