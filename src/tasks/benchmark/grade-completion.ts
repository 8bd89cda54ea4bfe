import { readGoldAnswer } from "../../rewards/gold-answer.ts";
import { type GradeAnswer, gradedAnswer } from "../../rewards/graded-answer.ts";
import { gradeMath, type MathGradingOptions } from "../../rewards/math-equal.ts";
import { normalizeNumber } from "../../rewards/normalize-number.ts";
import type { AnswerRules, BenchmarkProblem } from "./benchmark-problem.ts";

/** `unscorable`: no reference answer of the problem can be read, so nobody can tell. */
export type Verdict = "right" | "wrong" | "unscorable";

export interface GradedCompletion {
  /** By what is right. */
  verdict: Verdict;
  /** As upstream's grader has it, misreadings included. */
  upstreamVerdict: Verdict;
  /** The answer that was compared; null where there is none. */
  extracted: string | null;
}

/** Judges a completion by both graders. Never throws, and its work is bounded. */
export function gradeCompletion(
  problem: BenchmarkProblem,
  completion: string,
  upstreamReads: AnswerRules["upstreamReads"],
): GradedCompletion {
  const { answers, upstreamGold, tolerance } = problem;
  let extracted: string | null = null;
  const grade: GradeAnswer = (gold, text, options) => {
    const found = gradeMath(gold, text, options);
    extracted ??= found.answer ?? null;
    return found;
  };
  const verdicts = answers.map((answer): Verdict => {
    const graded = gradedAnswer(answer, completion, grade);
    if (graded.kind !== "graded") {
      return "unscorable";
    }
    return graded.right || withinTolerance(answer, extracted, tolerance) ? "right" : "wrong";
  });
  const options = upstreamGrading[upstreamReads];
  const upstream = upstreamGold.map((gold): Verdict => {
    const { verdict } = gradeMath(gold, completion, options);
    return verdict === "equal" ? "right" : verdict === "gold-unparseable" ? "unscorable" : "wrong";
  });
  const verdict = best(verdicts);
  if (extracted === null && verdict !== "unscorable") {
    // The answer may have been right letter for letter, which needs no reading; this is how it reads.
    extracted = gradeMath("0", completion).answer ?? (verdict === "right" ? ownText(problem) : null);
  }
  return { verdict, upstreamVerdict: best(upstream), extracted };
}

/** Whether two extracted answers are the same answer. */
export function sameAnswer(a: string, b: string): boolean {
  return a === b || gradeMath(`\\boxed{${a}}`, `\\boxed{${b}}`).verdict === "equal";
}

/** How the `evaluate.py` of open-r1 and open-rs has lighteval compare: five decimal places, boxes before other formulas. */
const upstreamGrading: Readonly<Record<AnswerRules["upstreamReads"], MathGradingOptions>> = {
  latex: readsAs("latex"),
  expression: readsAs("expression"),
};

function readsAs(kind: AnswerRules["upstreamReads"]): MathGradingOptions {
  return {
    compat: "math-verify",
    gold: { targets: [{ kind }] },
    completion: { targets: [{ kind: "expression" }, { kind: "latex", boxedPriority: 0 }] },
    decimalPlaces: 5,
  };
}

/** One right answer is enough; one that can be read is enough to tell. */
function best(verdicts: readonly Verdict[]): Verdict {
  return verdicts.includes("right") ? "right" : verdicts.includes("wrong") ? "wrong" : "unscorable";
}

function ownText({ answers }: BenchmarkProblem): string | null {
  const gold = readGoldAnswer(answers[0]!);
  return gold.kind === "gold" ? gold.value : null;
}

function withinTolerance(answer: string, extracted: string | null, tolerance: number | null): boolean {
  const numbers = [answer, extracted ?? ""].map((text) => normalizeNumber(text.replaceAll(/[$\\%\s]/g, "")));
  const [gold, given] = numbers.map((text) => Number(text ?? Number.NaN));
  return tolerance !== null && Math.abs(gold! - given!) <= tolerance * (1 + 1e-9);
}
