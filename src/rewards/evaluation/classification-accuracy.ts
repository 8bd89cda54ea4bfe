import { z } from "zod";
import type { Compat } from "../compat.ts";
import { firstTagged } from "../tagged-answer.ts";
import { namesClass, onePartOfOther } from "../visual/classification.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const classificationRow = z.object({ answer: z.string(), response: z.string() });

/**
 * `accuracy` in percent, and `errors`: responses without answer tags. A class without a name does not count. Upstream: Visual-RFT's
 * `Qwen2_VL_classification_infere.py`, whose tags must stand on one line.
 */
export function createClassificationScorer(compat: Compat): EvaluationScorer {
  const upstream = compat === "upstream";
  const right = (name: string, answer: string): boolean | undefined =>
    upstream ? onePartOfOther(name, answer) : namesClass(answer, name);
  const verdict = (name: string, answer: string | undefined): number | null => {
    const named = answer === undefined ? false : right(name, answer);
    return named === undefined ? null : Number(named);
  };
  return {
    name: "visual_rft_classification",
    score: (rows) => {
      const checked = checkedRows("visual_rft_classification", classificationRow, rows);
      const answers = checked.map(({ response }) => firstTagged(response, !upstream));
      const values = answers.map((answer, index) => verdict(checked[index]!.answer, answer));
      const counted = values.filter((value) => value !== null);
      const errors = answers.filter((answer) => answer === undefined).length;
      return { values, metrics: { accuracy: mean(counted) * 100, errors } };
    },
  };
}
