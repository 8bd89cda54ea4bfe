import { z } from "zod";
import { equalAsUpstreamReads } from "../accuracy.ts";
import type { Compat } from "../compat.ts";
import { type GradeAnswer, gradeAnswer, gradedAnswer } from "../graded-answer.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const geoqaRow = z.object({ answer: z.string(), response: z.string() });

/**
 * `accuracy` in percent. A row whose answer is unusable does not count. Upstream: R1-V's `test_qwen2vl_geoqa.py`, where it
 * is wrong.
 */
export function createGeoqaScorer(compat: Compat, grade: GradeAnswer = gradeAnswer): EvaluationScorer {
  const verdict = (gold: string, response: string): number | null => {
    if (compat === "upstream") {
      return equalAsUpstreamReads(gold, response, grade) ? 1 : 0;
    }
    const graded = gradedAnswer(gold, response, grade);
    return graded.kind === "graded" ? Number(graded.right) : null;
  };
  return {
    name: "geoqa",
    score: (rows) => {
      const values = checkedRows("geoqa", geoqaRow, rows).map(({ answer, response }) =>
        verdict(answer, response),
      );
      return { values, metrics: { accuracy: mean(values.filter((value) => value !== null)) * 100 } };
    },
  };
}
