import { gradeLikeMathVerify } from "./math/compat/grade.ts";
import type { Comparison } from "./math/equal-values.ts";
import { unreadable, type WorkBudget } from "./math/expression.ts";
import { type FoundAnswer, findAnswers, findGoldAnswers } from "./math/find-answer.ts";
import type { MathGrade, MathGradingOptions } from "./math/options.ts";
import { equalReadings, isReadable, type ReadAnswer, readAnswer, wordsOf } from "./math/reading.ts";

export type { MathGrade, MathGradingOptions, MathVerdict, Reading } from "./math/options.ts";

/** Steps that reading one text, and comparing two, may take. */
const readingSteps = 60_000;
const comparingSteps = 300_000;

/** Grades a completion's final answer against a gold answer. Never throws, and its work is bounded. */
export function gradeMath(gold: string, completion: string, options: MathGradingOptions = {}): MathGrade {
  if (options.compat === "math-verify") {
    return gradeLikeMathVerify(gold, completion, options);
  }
  const goldPlaces = findGoldAnswers(gold);
  const goldAnswer = readFirst(goldPlaces);
  if (!goldAnswer) {
    return { verdict: "gold-unparseable" };
  }
  const places = findAnswers(completion);
  const answer = readFirst(places);
  if (!answer) {
    return { verdict: "answer-unparseable", gold: goldAnswer.text };
  }
  const comparison: Comparison = {
    decimalPlaces: options.decimalPlaces ?? 6,
    tolerance: Math.max(1e-12, 10 ** -(options.significantDigits ?? 15) * 1e4),
    strict: options.strict ?? true,
    budget: { steps: comparingSteps },
  };
  const equal =
    withinBudget(() => equalReadings(goldAnswer, answer, comparison)) ||
    sameText(goldPlaces[0]?.text, places[0]?.text);
  return { verdict: equal ? "equal" : "different", gold: goldAnswer.text, answer: answer.text };
}

function readFirst(places: readonly FoundAnswer[]): ReadAnswer | undefined {
  const budget: WorkBudget = { steps: readingSteps };
  let words: ReadAnswer | undefined;
  for (const place of places) {
    const answer = readAnswer(place.text, place.plain, budget);
    if (answer.expressions.length > 0) {
      return answer;
    }
    words ??= isReadable(answer) ? answer : undefined;
  }
  return words;
}

const longestText = 8000;

/** Long answers in words and formulas that only their text can be compared of. */
function sameText(gold: string | undefined, answer: string | undefined): boolean {
  if (!gold || !answer || gold.length > longestText || answer.length > longestText) {
    return false;
  }
  const words = wordsOf(gold);
  return words.length > 3 && words === wordsOf(answer);
}

function withinBudget(compare: () => boolean): boolean {
  try {
    return compare();
  } catch (error) {
    if (error === unreadable) {
      return false;
    }
    throw error;
  }
}
