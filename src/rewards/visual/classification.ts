import { z } from "zod";
import type { Score } from "../../pipeline.ts";
import { equalAsUpstreamReads } from "../accuracy.ts";
import { compat } from "../compat.ts";
import { extractTagged } from "../final-answer.ts";
import { type GradeAnswer, gradeAnswer } from "../graded-answer.ts";
import type { Reward } from "../reward.ts";
import { unscorable, valueScore } from "../score.ts";
import { taggedOrWhole } from "../tagged-answer.ts";

export const classificationParameters = z.strictObject({ compat });

/**
 * 1 if the answer names the class of the reference answer, 0 if not. Case, spaces, dashes and underscores do not count;
 * words around the name may stand, other classes in a list may not. Upstream: `accuracy_reward` of Visual-RFT's
 * `grpo_classification.py`, for which one must be part of the other.
 */
export function createClassificationReward(
  { compat }: z.output<typeof classificationParameters>,
  grade: GradeAnswer = gradeAnswer,
): Reward {
  return {
    name: "classification",
    highest: 1,
    score: ({ problem, completion }): Score => {
      if (compat === "upstream") {
        const right =
          equalAsUpstreamReads(problem.answer, completion, grade) ||
          onePartOfOther(taggedOrWhole(problem.answer), taggedOrWhole(completion));
        return valueScore(right ? 1 : 0);
      }
      const name = extractTagged(problem.answer) ?? problem.answer;
      const named = namesClass(extractTagged(completion) ?? completion, name);
      return named === undefined
        ? unscorable("the reference answer names no class")
        : valueScore(named ? 1 : 0);
    },
  };
}

/** Whether the one is a substring of the other, spaces, underscores and case aside; the empty text is one of any. */
export function onePartOfOther(first: string, second: string): boolean {
  const [a, b] = [bare(first), bare(second)];
  return a.includes(b) || b.includes(a);
}

const bare = (text: string): string => text.replaceAll(/[ _]/g, "").toLowerCase();

/** More words than this around the name may name many things. */
const wordsAround = 8;

/** In characters; a longer text names many things too. */
const longestAnswer = 1000;

/** Whether an answer names this class and lists no others beside it; undefined for a class without a name. */
export function namesClass(answer: string, className: string): boolean | undefined {
  const name = words(className);
  if (name.trim() === "") {
    return undefined;
  }
  if (answer.length > longestAnswer) {
    return false;
  }
  const stated = words(answer);
  const at = stated.indexOf(name);
  if (at < 0) {
    return stated.replaceAll(" ", "") === name.replaceAll(" ", "");
  }
  const around = `${stated.slice(0, at)} ${stated.slice(at + name.length)}`;
  const listed = / (?:or|and|not|no) /.test(around) || /[,;/|\n]/.test(withoutName(answer, name));
  return !listed && around.split(" ").filter(Boolean).length <= wordsAround;
}

/** Words in lower case, one space before, between and behind them. */
function words(text: string): string {
  return ` ${text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s_-]+|[.*"'`!]+(?=\s|$)|(?<=^|\s)[*"'`]+/g, " ")
    .trim()} `.replaceAll(/ +/g, " ");
}

/** The answer without the first place that spells the name, where its separators are not those of a list. */
function withoutName(answer: string, name: string): string {
  const plain = answer.normalize("NFKC").trim().toLowerCase().replaceAll(/[_-]/g, " ");
  const at = plain.indexOf(name.trim());
  return at < 0 ? plain : plain.slice(0, at) + plain.slice(at + name.trim().length);
}
