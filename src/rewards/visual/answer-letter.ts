import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { whiteSpace } from "../../python-text.ts";
import { equalAsUpstreamReads } from "../accuracy.ts";
import { compat } from "../compat.ts";
import { extractFinalAnswer, extractTagged } from "../final-answer.ts";
import { type GradeAnswer, gradeAnswer, gradedAnswer } from "../graded-answer.ts";
import type { Reward } from "../reward.ts";
import { valueScore } from "../score.ts";
import { taggedOrWhole } from "../tagged-answer.ts";

export const answerLetterParameters = z.strictObject({ compat });

/**
 * 1 if the completion answers with the letter of the reference answer (A to H) and with no other; where the reference
 * answer is not a letter, as `accuracy`. Upstream: `accuracy_reward` of VisualThinker-R1-Zero, which takes the last letter.
 */
export function createAnswerLetterReward(
  { compat }: z.output<typeof answerLetterParameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  return {
    name: "answer_letter",
    highest: 1,
    score: ({ problem, completion }): Score => {
      if (compat === "upstream") {
        return valueScore(upstreamRight(problem.answer, completion, grade) ? 1 : 0);
      }
      const gold = /^[([]?([A-H])[)\].:]?$/.exec(
        (extractTagged(problem.answer) ?? problem.answer).trim(),
      )?.[1];
      if (gold !== undefined) {
        return valueScore(answeredLetter(completion) === gold ? 1 : 0);
      }
      const graded = gradedAnswer(problem.answer, completion, grade);
      return graded.kind === "graded" ? valueScore(graded.right ? 1 : 0) : graded;
    },
  };
}

function upstreamRight(gold: string, completion: string, grade: GradeAnswer): boolean {
  const [reference, answer] = [taggedOrWhole(gold), taggedOrWhole(completion)];
  return (
    equalAsUpstreamReads(gold, completion, grade) ||
    answer === reference ||
    standaloneLetters(answer).at(-1) === reference
  );
}

const letter = new RegExp(`(?:^|[${whiteSpace}[(])([A-H])(?:[${whiteSpace}\\])]|$)`, "g");

/** Letters A to H between brackets or white space, which no two letters share. Upstream: `extract_letters`. */
export function standaloneLetters(text: string): string[] {
  return Array.from(text.matchAll(letter), ([, found]) => found!);
}

/**
 * `A` before a word in lower case is an article, but for a few words; a letter before or behind a letter, digit or
 * apostrophe is none.
 */
const stated =
  /(?<![\p{L}\p{N}'’])(?:A(?![ \t]+(?!(?:and|as|because|is|or|since)\b)\p{Ll})|[B-H])(?![\p{L}\p{N}'’])/gu;

const alone = /^[\s*"'`([]*([A-H])[\s*"'`)\].:]*$/i;

/** The only letter from A to H that the answer states; in lower case only where it is the whole answer. */
function answeredLetter(completion: string): string | undefined {
  const answer = extractTagged(completion) ?? extractFinalAnswer(completion) ?? completion;
  const whole = alone.exec(answer)?.[1];
  if (whole !== undefined) {
    return whole.toUpperCase();
  }
  const letters = new Set<string>();
  for (const [found] of answer.matchAll(stated)) {
    letters.add(found);
  }
  return letters.size === 1 ? [...letters][0] : undefined;
}
