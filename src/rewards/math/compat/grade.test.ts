import { describe, expect, it } from "vitest";
import { gradeMath, type MathGradingOptions } from "../../math-equal.ts";
import { openR1AccuracyGrading, openR1Lv35Gold, openR1Lv35Grading } from "../upstream-readings.ts";

const compat: MathGradingOptions = { compat: "math-verify" };

function verdict(gold: string, completion: string, options: MathGradingOptions = compat) {
  return gradeMath(gold, completion, options).verdict;
}

describe("the compat mode", () => {
  it.each([
    ["$3400$", "$3\\,400$", "different"],
    ["$403$", "$3\\,400$", "equal"],
    ["$57$", "\\boxed{57 dollars}", "different"],
    ["$1<x<5$", "$5>x>1$", "different"],
    ["$\\text{odd}$", "$odd$", "equal"],
    ["$0.\\overline{3}$", "$\\frac{1}{3}$", "different"],
    ["$x=1$", "$1$", "equal"],
    ["$1.0$", "$1$", "equal"],
    ["$1$", "$0.9999999$", "different"],
    ["5", "<answer>5</answer>", "answer-unparseable"],
    ["5", "The answer is 5", "equal"],
    ["$\\frac{1}{$", "5", "different"],
    ["", "5", "gold-unparseable"],
    ["$y=x+1$", "$2y=2(x+1)$", "equal"],
    ["$x=6$", "$\\frac{x}{2}=3$", "different"],
    ["$f(x)=x+1$", "$2f(x)=2(x+1)$", "different"],
  ])("of gold %j says of %j that it is %s, as math-verify does", (gold, completion, expected) => {
    expect(verdict(gold, completion)).toBe(expected);
  });

  it("is not symmetric", () => {
    expect(verdict("$-2 \\le x \\le 7$", "$x \\in [-2,7]$")).toBe("equal");
    expect(verdict("$x \\in [-2,7]$", "$-2 \\le x \\le 7$")).toBe("different");
    expect(verdict("$x \\in [-2,7]$", "$-2 \\le x \\le 7$", { ...compat, order: "completion-first" })).toBe(
      "equal",
    );
    expect(verdict("$[-2,7]$", "$-2 \\le x \\le 7$", { ...compat, compareSetsWithRelations: true })).toBe(
      "equal",
    );
  });

  it("looks only for what it is told to", () => {
    const letters: MathGradingOptions = {
      ...compat,
      gold: { targets: [{ kind: "choice" }] },
      completion: { targets: [{ kind: "choice", choices: ["A", "B"] }] },
    };
    expect(verdict("B", "The answer is B.", letters)).toBe("equal");
    expect(verdict("C", "The answer is C.", letters)).toBe("answer-unparseable");
    const unboxed: MathGradingOptions = {
      ...compat,
      completion: { targets: [{ kind: "latex", boxedPriority: -1, withoutAnchor: false }] },
    };
    expect(verdict("$5$", "\\boxed{5}", unboxed)).toBe("answer-unparseable");
    expect(verdict("$5$", "$5$", unboxed)).toBe("answer-unparseable");
    expect(verdict("$5$", "The final answer is $5$", unboxed)).toBe("equal");
  });

  it("reads gold answers as open-r1's rewards do", () => {
    expect(verdict("5", "\\boxed{5}", openR1AccuracyGrading)).toBe("gold-unparseable");
    expect(verdict("$5$", "\\boxed{5}", openR1AccuracyGrading)).toBe("equal");
    expect(verdict("$5$", "so $5$", openR1AccuracyGrading)).toBe("answer-unparseable");
    expect(verdict(openR1Lv35Gold("5"), "\\boxed{5}", openR1Lv35Grading)).toBe("equal");
  });
});
