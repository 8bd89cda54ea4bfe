import { extractFinalAnswer } from "./final-answer.ts";
import type { MathGrade, MathGradingOptions } from "./math/options.ts";
import { normalizeNumber } from "./normalize-number.ts";

export type { MathGrade, MathGradingOptions, MathVerdict, Reading } from "./math/options.ts";

/** Grades a completion's final answer against a gold answer. Never throws, and its work is bounded. */
export function gradeMath(gold: string, completion: string, _options: MathGradingOptions = {}): MathGrade {
  const goldAnswer = extractFinalAnswer(gold) ?? gold.replaceAll("$", "").trim();
  const answer = extractFinalAnswer(completion);
  if (goldAnswer === "") {
    return { verdict: "gold-unparseable" };
  }
  if (answer === undefined || answer === "") {
    return { verdict: "answer-unparseable", gold: goldAnswer };
  }
  const equal = (normalizeNumber(answer) ?? answer) === (normalizeNumber(goldAnswer) ?? goldAnswer);
  return { verdict: equal ? "equal" : "different", gold: goldAnswer, answer };
}
