import { z } from "zod";
import type { Metrics } from "../../pipeline.ts";
import type { Compat } from "../compat.ts";
import { extractTagged } from "../final-answer.ts";
import { type GradeAnswer, gradeAnswer } from "../graded-answer.ts";
import { firstTaggedLine } from "../tagged-answer.ts";
import { chosenOption } from "./chosen-option.ts";
import { checkedRows, mean } from "./evaluation-rows.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";

const letters = ["A", "B", "C", "D", "E", "F"] as const;

/** `answer`: a letter in round brackets. `task`: rows are also counted by it. */
const cvBenchRow = z
  .object({
    task: z.string(),
    choices: z.array(z.string()).min(1).max(letters.length),
    answer: z.string().regex(/^\([A-F]\)$/, "a letter from (A) to (F)"),
    response: z.string(),
  })
  .refine(({ answer, choices }) => letterIndex(answer) < choices.length, {
    path: ["answer"],
    message: "there are fewer choices",
  });

const letterIndex = (answer: string): number => letters.indexOf(answer[1] as "A");

/**
 * `accuracy` and each task's, shares of 1. A response is right if it chooses the letter or the text of the right choice and
 * no other. Upstream: VisualThinker-R1-Zero's `evaluate_Qwen2_VL_CVBench.py`.
 */
export function createCvBenchScorer(compat: Compat, grade: GradeAnswer = gradeAnswer): EvaluationScorer {
  return {
    name: "cv_bench",
    score: (rows) => {
      const checked = checkedRows("cv_bench", cvBenchRow, rows);
      const values = checked.map(({ response, answer, choices }) => {
        const index = letterIndex(answer);
        const right =
          compat === "upstream"
            ? upstreamRight(gradedText(response), choices, index, grade)
            : chosenOption(extractTagged(response) ?? response, choices) === index;
        return right ? 1 : 0;
      });
      return { values, metrics: { accuracy: mean(values), ...byTask(checked, values) } };
    },
  };
}

function byTask(rows: readonly { task: string }[], values: readonly number[]): Metrics {
  const tasks = [...new Set(rows.map(({ task }) => task))];
  return Object.fromEntries(
    tasks.map((task) => [`accuracy/${task}`, mean(values.filter((_, index) => rows[index]!.task === task))]),
  );
}

/** What upstream grades: the first answer in tags on one line, and the whole response where that is empty or missing. */
export function gradedText(response: string): string {
  return firstTaggedLine(response) || response;
}

/** The letters, bare and in brackets, in both cases, and the choices; any of them that is found is compared. */
function upstreamRight(text: string, choices: readonly string[], index: number, grade: GradeAnswer): boolean {
  const choice = choices[index]!;
  const letter = letters[index]!;
  const lower = letters.map((each) => each.toLowerCase());
  const known = [...letters, ...lower, ...[...lower, ...letters].map((each) => `(${each})`), ...choices];
  const gold = [
    choice.toLowerCase(),
    choice,
    letter,
    letter.toLowerCase(),
    `(${letter.toLowerCase()})`,
    `(${letter})`,
  ];
  return gold.some(
    (each) =>
      grade(each, text, {
        compat: "math-verify",
        gold: { targets: [{ kind: "choice", choices: [each], lowercase: false }] },
        completion: {
          targets: [{ kind: "latex" }, { kind: "expression" }, { kind: "choice", choices: known }],
        },
      }).verdict === "equal",
  );
}
