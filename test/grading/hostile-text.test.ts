import { expect, it } from "vitest";
import { createRandom, type RandomStream } from "../../src/random.ts";
import { openR1AccuracyGrading } from "../../src/rewards/math/upstream-readings.ts";
import { gradeMath, type MathGradingOptions } from "../../src/rewards/math-equal.ts";

/** More in `npm run test:fuzz-grading`. */
const completions = Number(process.env.GPGRAD_FUZZED_COMPLETIONS ?? 3000);

const modes: readonly MathGradingOptions[] = [{}, { compat: "math-verify" }, openR1AccuracyGrading];
const verdicts = new Set(["equal", "different", "gold-unparseable", "answer-unparseable"]);

const golds = [
  "$5$",
  "\\boxed{\\frac{1}{2}}",
  "$x^2+1$",
  "(1, 2]",
  "1,2,3",
  "no solution",
  "$\\frac{1}{$",
  "",
  "50%",
  "x>3",
];

const pieces =
  "{ } \\{ \\} \\frac{ \\frac{1}{2} \\boxed{ \\boxed{5} \\fbox{ $ $$ \\[ \\] \\( \\) ( ) [ ] | \\| , ; : . .. + - * / ^ _ ! % = < > \\le \\in \\cup \\pm \\sqrt{ \\sqrt[3]{ " +
  "\\text{ \\text{and} \\left( \\right) \\begin{pmatrix} \\end{pmatrix} & \\\\ \\ \\sum_{k=1}^{ \\int_0^1 \\lim_{x\\to \\log_ \\sin \\infty \\pi \\circ ^\\circ ° √ ½ ² − × " +
  "1 0 5 12 1,234 3.5 .5 1e9 10^10^10 99999! 2^99999999 0.\\overline{3} x y e i d dx AB cm dollars and or percent answer: final~answer~is the~answer~is I~hope <answer> </answer> </think> #### ** 答案是 \ud83d \udc00 \u0000 \u200b é ";
const vocabulary = [...pieces.split(" ").map((piece) => piece.replaceAll("~", " ")), " ", "\n", "\t"];

const sound = [
  "Thus $x = \\frac{3}{4}$ and so the final answer is $\\boxed{\\frac{3}{4}}$.",
  "<think>\nLet $x+2=y$.\n</think>\n<answer>\n$\\left[1, \\frac{5}{2}\\right) \\cup \\{7\\}$\n</answer>",
  "The answer is $\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}$, I hope it is correct.",
  "We get $1, 2$ and $3$.\n#### 1,234.50",
];

function choose<T>(random: RandomStream, list: readonly T[]): T {
  return list[random.integer(list.length)]!;
}

/** A sound completion with pieces cut out, doubled and put in, or pieces and nothing else; now and then very long. */
function fuzzed(random: RandomStream): string {
  let text = random.next() < 0.6 ? choose(random, sound) : "";
  for (let edits = 1 + random.integer(40); edits > 0; edits--) {
    const at = random.integer(text.length + 1);
    const kind = random.integer(4);
    const piece = choose(random, vocabulary);
    const repeats = random.next() < 0.01 ? random.integer(5000) : 1;
    text =
      kind === 0
        ? text.slice(0, at) + text.slice(at + random.integer(12))
        : text.slice(0, at) + piece.repeat(repeats) + text.slice(at);
  }
  return random.next() < 0.3 ? `$\\boxed{${text}}$` : text;
}

it(`survives ${completions} fuzzed completions`, { timeout: 1_200_000 }, () => {
  const random = createRandom(20250403);
  let longest = 0;
  for (let count = 0; count < completions; count++) {
    const completion = fuzzed(random);
    const gold = random.next() < 0.2 ? fuzzed(random) : choose(random, golds);
    for (const mode of modes) {
      const start = performance.now();
      const { verdict } = gradeMath(gold, completion, mode);
      longest = Math.max(longest, performance.now() - start);
      expect(verdicts, JSON.stringify({ gold, completion })).toContain(verdict);
    }
  }
  console.log(`hostile text: ${completions} completions, the longest grading took ${longest.toFixed(0)} ms`);
});

it.each([
  "{",
  "}",
  "9",
  "\\frac{1}{",
  "\\boxed{",
  "\\boxed{1}",
  "$",
  "\\[",
  "\\(",
  "1,111",
  "1 ",
  "(",
  "answer: ",
  "<answer>",
  "\ud800",
  "^",
  "!",
])("reads a megabyte of %j through", (piece) => {
  const text = piece.repeat(1_000_000 / piece.length);
  for (const completion of [
    text,
    `\\boxed{${text}}`,
    `<answer>${text}</answer>`,
    `The answer is $${text}$.`,
  ]) {
    for (const mode of modes) {
      expect(gradeMath("$5$", completion, mode).verdict).not.toBe("equal");
      expect(verdicts).toContain(gradeMath(completion, "\\boxed{5}", mode).verdict);
    }
  }
});

it.each([
  ["spaces between", "answer", " ", "5"],
  ["full stops before", "$\\boxed{", ".", "x}$"],
  ["brackets behind", "The answer is $2", "^(", "$"],
  ["letters behind", "\\boxed{1", " or", "}"],
])("reads a megabyte of %s a word through", (_, before, piece, after) => {
  const completion = before + piece.repeat(1_000_000 / piece.length) + after;
  for (const mode of modes) {
    expect(verdicts).toContain(gradeMath("$5$", completion, mode).verdict);
    expect(verdicts).toContain(gradeMath(completion, completion, mode).verdict);
  }
});

it.each([
  "10^{10^{10}}",
  "99999!",
  "(1000!)!",
  "2^{99999999}",
  "\\binom{10^9}{10^8}",
  "\\sum_{k=1}^{2000}\\sum_{j=1}^{2000} jk",
  "\\prod_{k=1}^{2000} k^k",
  `${"\\frac{1}{".repeat(10_000)}1${"}".repeat(10_000)}`,
  "9".repeat(5000),
])("bounds what %.30s costs", (value) => {
  for (const mode of modes) {
    expect(verdicts).toContain(gradeMath(`$${value}$`, `\\boxed{${value} + 1}`, mode).verdict);
    expect(gradeMath("$5$", `\\boxed{${value}}`, mode).verdict).not.toBe("equal");
  }
});
