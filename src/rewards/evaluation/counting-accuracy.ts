import { z } from "zod";
import type { Compat } from "../compat.ts";
import { statedCount, taggedCount } from "../visual/counting.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const countingRow = z.object({ answer: z.union([z.number(), z.string()]), response: z.string() });

/** `accuracy` in percent. Upstream: R1-V's `test_qwen2vl_counting_superclevr.py`. */
export function createCountingScorer(compat: Compat): EvaluationScorer {
  const read = compat === "upstream" ? taggedCount : statedCount;
  // Upstream compares numbers, and no text equals one.
  const numberOf = (answer: number | string): number =>
    compat === "upstream" && typeof answer === "string" ? Number.NaN : Number(answer);
  return {
    name: "superclevr_counting",
    score: (rows) => {
      const values = checkedRows("superclevr_counting", countingRow, rows).map(({ answer, response }) => {
        const count = read(response);
        return count !== undefined && Number(count) === numberOf(answer) ? 1 : 0;
      });
      return { values, metrics: { accuracy: mean(values) * 100 } };
    },
  };
}
