import { boundedText } from "../bounded-text.ts";
import type { MathGrade, MathGradingOptions, Reading } from "../options.ts";
import { type Extraction, extract } from "./extract.ts";
import { verify } from "./verify.ts";

/** Steps that reading one text, and comparing two, may take. */
const readingSteps = 200_000;
const comparingSteps = 300_000;

/** Grades as math-verify 0.8.0 does, over the same texts with the same options. */
export function gradeLikeMathVerify(
  gold: string,
  completion: string,
  options: MathGradingOptions,
): MathGrade {
  const goldReading = read(gold, options.gold);
  if (goldReading.values.length === 0) {
    return { verdict: "gold-unparseable" };
  }
  const answerReading = read(completion, options.completion);
  const shown = { ...(goldReading.text !== undefined && { gold: goldReading.text }) };
  if (answerReading.values.length === 0) {
    return { verdict: "answer-unparseable", ...shown };
  }
  const reversed = options.order === "completion-first";
  const [first, second] = reversed ? [answerReading, goldReading] : [goldReading, answerReading];
  const equal = verify(first.values, second.values, {
    decimalPlaces: options.decimalPlaces ?? 6,
    tolerance: 10 ** -((options.significantDigits ?? 15) - 4),
    strict: options.strict ?? true,
    compareSetsWithRelations: options.compareSetsWithRelations ?? false,
    budget: { steps: comparingSteps },
  });
  return {
    verdict: equal ? "equal" : "different",
    ...shown,
    ...(answerReading.text !== undefined && { answer: answerReading.text }),
  };
}

function read(text: string, reading: Reading = {}): Extraction {
  return extract(boundedText(text), reading, {
    steps: readingSteps,
  });
}
