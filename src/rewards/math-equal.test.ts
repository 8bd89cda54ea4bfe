import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gradeMath } from "./math-equal.ts";

function verdict(gold: string, answer: string) {
  return gradeMath(`$${gold}$`, `So it is $\\boxed{${answer}}$.`).verdict;
}

describe("gradeMath", () => {
  it.each([
    ["\\frac{1}{2}", "0.5"],
    ["\\frac{1}{2}", "\\tfrac12"],
    ["\\frac{3}{28}", "\\frac{3}28"],
    ["-\\frac{7}{2}", "-3\\frac{1}{2}"],
    ["3.5", "3 1/2"],
    ["1234567", "1,234,567"],
    ["1234567", "1{,}234{,}567"],
    ["1234567", "1\\,234\\,567"],
    ["1234567", "1 234 567"],
    ["1200000", "1.2 \\times 10^{6}"],
    ["1200000", "1.2e6"],
    ["12.5\\%", "\\frac{1}{8}"],
    ["12.5\\%", "12.5 \\text{ percent}"],
    ["33\\frac{1}{3}\\%", "\\frac{1}{3}"],
    ["5", "5 \\text{ cm}"],
    ["5", "5\\,\\mathrm{m/s}^2"],
    ["5", "5 dollars"],
    ["5 \\text{ m}", "500 \\text{ cm}"],
    ["90 \\text{ minutes}", "1.5 \\text{ hours}"],
    ["60", "60^\\circ"],
    ["0.\\overline{3}", "\\frac13"],
    ["\\sqrt{12}", "2\\sqrt{3}"],
    ["\\sqrt[3]{-8}", "-2"],
    ["\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt 2}"],
    ["\\sin 30^\\circ", "\\frac12"],
    ["\\log_2 8", "3"],
    ["e^{i\\pi}", "-1"],
    ["|3+4i|", "5"],
    ["\\frac{100!}{99!}", "100"],
    ["\\binom{10}{3}", "120"],
    ["2^{100}", "1267650600228229401496703205376"],
    ["\\sum_{k=1}^{10} k^2", "385"],
    ["\\int_0^1 x^2 dx", "\\frac{1}{3}"],
    ["(x+1)^2", "x^2+2x+1"],
    ["\\sin^2 x", "1-\\cos^2 x"],
    ["2xy", "2yx"],
    ["\\frac{a}{b}+\\frac{c}{d}", "\\frac{ad+bc}{bd}"],
    ["x=5", "5"],
    ["5", "x = 2 + 3 = 5"],
    ["f(x)=x^2", "x^2"],
    ["x^2+y^2=1", "2x^2+2y^2-2=0"],
    ["y=2x+1", "2x - y + 1 = 0"],
    ["x>3", "3<x"],
    ["-3 \\le x < 7", "[-3,7)"],
    ["-3 \\le x < 7", "x \\ge -3 \\text{ and } x < 7"],
    ["(-\\infty,-1)\\cup(1,\\infty)", "x<-1 \\text{ or } x>1"],
    ["(-\\infty,-1)\\cup(1,\\infty)", "(1,\\infty) \\cup (-\\infty,-1)"],
    ["\\mathbb{R} \\setminus \\{2\\}", "x \\ne 2"],
    ["1,2,3", "3, 1 \\text{ and } 2"],
    ["\\pm 3", "-3, 3"],
    ["1 \\pm \\sqrt{2}", "\\{1-\\sqrt2, 1+\\sqrt2\\}"],
    ["(1, \\frac{1}{2})", "\\left(1, 0.5\\right)"],
    ["(1,2),(3,4)", "(3,4) \\text{ and } (1,2)"],
    [
      "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
      "\\left[\\begin{array}{cc} 1 & 2 \\\\ 3 & 4 \\end{array}\\right]",
    ],
    ["\\begin{pmatrix} 2 & 4 \\\\ 6 & 8 \\end{pmatrix}", "2\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}"],
    ["\\emptyset", "\\varnothing"],
    ["\\text{yes}", "Yes."],
    ["C", "\\textbf{(C)}"],
    ["C", "\\text{(C) } 42"],
    ["\\text{4:30 p.m.}", "4:30 \\text{ p.m.}"],
    ["1011_2", "1011_{2}"],
    ["3:4", "\\frac{3}{4}"],
    ["(1,2]", "\\left]1;2\\right]"],
    ["(-\\infty,1) \\cup [2,3)", "]-\\infty;1[ \\cup [2;3["],
    ["(-\\infty,1) \\cup (2,3)", "(2,3) \\bigcup (-\\infty,1)"],
    ["47", "47 m"],
    ["2019", "\\log_2 2^{2019}"],
    ["\\text{yes}", "Yes!"],
  ])("takes %j for %j", (gold, answer) => {
    expect(verdict(gold, answer)).toBe("equal");
  });

  it.each([
    ["5", "-5"],
    ["5", "5.01"],
    ["5", "5, 6"],
    ["\\frac{1}{3}", "0.333"],
    ["\\sqrt{3}", "1.73"],
    ["\\pi", "3.14"],
    ["10\\sqrt{2}", "10"],
    ["50\\%", "5"],
    ["2.5\\%", "25\\%"],
    ["1020", "10,20"],
    ["5 \\text{ m}", "5 \\text{ km}"],
    ["2^{100}", "1267650600228229401496703205377"],
    ["3.692 \\times 10^{-7}", "3.693 \\times 10^{-7}"],
    ["x^2", "x^3"],
    ["x+1", "x-1"],
    ["I(0)", "0"],
    ["f^{-1}(0)", "0"],
    ["k=2n-1", "w=2n-1"],
    ["x>3", "y>3"],
    ["\\lfloor \\frac{2n}{3} \\rfloor", "\\lfloor \\frac{2n}{4} \\rfloor"],
    ["e^{-40t} \\cos 30t", "e^{-40t} \\cos 30x"],
    ["\\cos 2 \\approx -0.416", "\\cos 3 \\approx -0.416"],
    ["864 \\text{ ft}^2", "864 \\text{ ft}^3"],
    ["x=5", "x=6"],
    ["x>3", "x<3"],
    ["x>3", "x \\ge 3"],
    ["x>3", "x=3"],
    ["[1,2)", "[1,2]"],
    ["(-\\infty,\\infty)", "x \\le \\infty"],
    ["(1,2)", "(2,1)"],
    ["(1,2)", "(1,2,3)"],
    ["1,2,3", "1,2"],
    ["\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}"],
    ["\\text{east}", "\\text{seat}"],
    ["\\text{undefined}", "u"],
    ["C", "D"],
    ["\\emptyset", "\\{0\\}"],
    ["1011_2", "1011_3"],
    ["3", "3!"],
    ["n!", "n"],
    ["5", "5n"],
    ["2.55 \\times 10^{-10}", "0"],
    ["\\text{3 1/2}", "31/2"],
    ["(1,2]", "]1,2["],
    ["A \\rightarrow B", "A \\leftarrow B"],
  ])("does not take %j for %j", (gold, answer) => {
    expect(verdict(gold, answer)).toBe("different");
  });

  it.each(["<think>3+2=5", "<think>so $5$. And then $x = 5$", "<think>3+2=5=5</answer>"])(
    "takes no number for the answer in the unfinished thought %j",
    (completion) => {
      expect(gradeMath("5", completion).verdict).not.toBe("equal");
      expect(gradeMath("5", `${completion}. The answer is 5.`).verdict).toBe("equal");
    },
  );

  it.each([
    ["<think>\\boxed{1}</think><answer>5</answer>"],
    ["<think>3</think>\n<answer>\n$5$\n</answer>"],
    [
      "First \\boxed{6}, which is wrong because a case was forgotten in the sum over all terms. So \\boxed{5}",
    ],
    ["The answer is 5."],
    ["**Answer:** **5 apples**"],
    ["Final Answer: The final answer is $5$. I hope it is correct."],
    ["we find 3+4=7\n#### 5"],
    ["答案是 $5$。"],
    ["La réponse est 5"],
    ["Die Antwort lautet $5$."],
    ["Ответ: 5"],
    ["Therefore $x = 5$."],
    ["5"],
    ["It follows that the number of ways is 5."],
    ["Hooray, the answer is 5!"],
  ])("finds the answer in %j", (completion) => {
    expect(gradeMath("5", completion).verdict).toBe("equal");
  });

  it.each([
    ["5", "I cannot solve this problem.", "answer-unparseable"],
    ["5", "", "answer-unparseable"],
    ["5", "so \\boxed{", "answer-unparseable"],
    ["5", "so the answer is \\boxed{5", "answer-unparseable"],
    ["5", "\\boxed{}", "answer-unparseable"],
    ["", "\\boxed{5}", "gold-unparseable"],
    ["$\\frac{1}{$", "$\\frac{1}{$", "gold-unparseable"],
    ["$$", "$$", "gold-unparseable"],
    ["  ", "", "gold-unparseable"],
  ])("of gold %j tells what it cannot read in %j", (gold, completion, unread) => {
    expect(gradeMath(gold, completion).verdict).toBe(unread);
  });

  it("takes other names and brackets where it is not strict", () => {
    expect(gradeMath("$x+1$", "\\boxed{t+1}").verdict).toBe("different");
    expect(gradeMath("$x+1$", "\\boxed{t+1}", { strict: false }).verdict).toBe("equal");
    expect(gradeMath("$(1,2)$", "\\boxed{\\{1,2\\}}").verdict).toBe("different");
    expect(gradeMath("$(1,2)$", "\\boxed{\\{1,2\\}}", { strict: false }).verdict).toBe("equal");
  });

  it("compares decimals to as many places as it is told", () => {
    expect(verdict("\\frac{1}{3}", "0.333333")).toBe("equal");
    expect(gradeMath("$\\frac{1}{3}$", "\\boxed{0.333}", { decimalPlaces: 3 }).verdict).toBe("equal");
    expect(gradeMath("$\\frac{1}{3}$", "\\boxed{0.333333}", { decimalPlaces: 8 }).verdict).toBe("different");
  });

  it("takes two fractions for equal exactly if they are", () => {
    const part = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(part, part, part, part, (a, b, c, d) => {
        const same = a * d === b * c;
        expect(verdict(`\\frac{${a}}{${b}}`, `${c}/${d}`)).toBe(same ? "equal" : "different");
      }),
    );
  });

  it("takes a polynomial for its factors exactly if they are", () => {
    const root = fc.integer({ min: -6, max: 6 });
    fc.assert(
      fc.property(root, root, root, (p, q, wrong) => {
        const gold = `x^2 + ${-(p + q)} x + ${p * q}`.replaceAll("+ -", "- ");
        expect(verdict(gold, `(x - ${p})(x - ${q})`.replaceAll("- -", "+ "))).toBe("equal");
        if (wrong !== q) {
          expect(verdict(gold, `(x - ${p})(x - ${wrong})`.replaceAll("- -", "+ "))).toBe("different");
        }
      }),
    );
  });

  it("pays for no text against an unreadable gold answer", () => {
    fc.assert(
      fc.property(fc.string(), (completion) => {
        expect(gradeMath("$\\frac{$", completion).verdict).toBe("gold-unparseable");
      }),
    );
  });
});
