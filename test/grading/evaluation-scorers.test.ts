import { describe, expect, it } from "vitest";
import { createClassificationScorer } from "../../src/rewards/evaluation/classification-accuracy.ts";
import { createCountingScorer } from "../../src/rewards/evaluation/counting-accuracy.ts";
import { createCvBenchScorer, gradedText } from "../../src/rewards/evaluation/cv-bench.ts";
import { createGeoqaScorer } from "../../src/rewards/evaluation/geoqa.ts";
import { createLisaGroundingScorer } from "../../src/rewards/evaluation/lisa-grounding.ts";
import { createLisaMaskScorer, offsetMaskIou } from "../../src/rewards/evaluation/lisa-mask.ts";
import { decodeMask, maskOverlap, maskRuns, type RunLengths } from "../../src/rewards/evaluation/mask.ts";
import { polygonMask } from "../../src/rewards/evaluation/polygon-mask.ts";
import { firstBracketedBox, firstChoiceLetter } from "../../src/rewards/evaluation/upstream-readers.ts";
import { type GradeAnswer, gradeAnswer } from "../../src/rewards/graded-answer.ts";
import { type Box, offsetIntersectionOverUnion } from "../../src/rewards/visual/box.ts";
import { taggedCount } from "../../src/rewards/visual/counting.ts";
import { fixturesAbsent, readJsonLines } from "../parity/fixtures.ts";
import { agrees, raises, report } from "./reward-records.ts";

interface ScorerRecord {
  id: string;
  scorer: string;
  // biome-ignore lint/suspicious/noExplicitAny: each scorer has inputs of its own
  inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: and results
  expected: any;
}

const upstream = "upstream" as const;

/** The recorded verdict of each row in turn, in the place of a mathematical one. */
function recorded(verdicts: readonly unknown[], asks: number): GradeAnswer {
  let asked = 0;
  return () => ({ verdict: verdicts[Math.floor(asked++ / asks)] ? "equal" : "different" });
}

const answered = (answers: unknown[], responses: string[]) =>
  responses.map((response, index) => ({ answer: answers[index], response }));

function cvBench({ rows, responses }: ScorerRecord["inputs"], grade: (row: number) => GradeAnswer) {
  const scored = responses.map(
    (response: string, index: number) =>
      createCvBenchScorer(upstream, grade(index)).score([{ ...rows[index], response }]).values[0],
  );
  const tasks = [...new Set<string>(rows.map(({ task }: { task: string }) => task))];
  const counts = (task: string) => {
    const values = scored.filter((_: number, index: number) => rows[index].task === task);
    return [values.reduce((sum: number, value: number) => sum + value, 0), values.length];
  };
  return {
    correct: scored,
    model_answer: responses.map(gradedText),
    per_task: Object.fromEntries(tasks.map((task) => [task, counts(task)])),
  };
}

function geoqa({ ground_truth: answers, responses }: ScorerRecord["inputs"], grade: GradeAnswer) {
  const { values, metrics } = createGeoqaScorer(upstream, grade).score(answered(answers, responses));
  return { correct: values.map((value) => value === 1), accuracy: metrics.accuracy };
}

const scorers: Readonly<Record<string, (record: ScorerRecord) => unknown>> = {
  cv_bench: ({ inputs, expected }) => cvBench(inputs, (row) => recorded(expected.correct.slice(row), 6)),
  cv_bench_characters: ({ inputs }) => firstChoiceLetter(inputs.text),
  geoqa: ({ inputs, expected }) => ({
    ...geoqa(inputs, recorded(expected.correct, 1)),
    extracted: expected.extracted,
  }),
  counting: ({ inputs }) => {
    const rows = answered(inputs.ground_truth, inputs.responses);
    const extracted = inputs.responses.map((response: string) => taggedCount(response));
    return {
      extracted: extracted.map((digits: string | undefined) => digits && Number(digits)),
      accuracy: createCountingScorer(upstream).score(rows).metrics.accuracy,
    };
  },
  classification: ({ inputs }) => {
    const row = { answer: inputs.class_name, response: inputs.response };
    const { values, metrics } = createClassificationScorer(upstream).score([row]);
    return { right: values[0], error: metrics.errors };
  },
  lisa_iou: ({ inputs }) => offsetIntersectionOverUnion(inputs.first as Box, inputs.second as Box),
  lisa_brackets: ({ inputs }) => firstBracketedBox(inputs.text),
  lisa_grounding: ({ inputs }) => {
    const rows = inputs.items.map((item: object, index: number) => ({
      ...item,
      response: inputs.responses[index],
    }));
    const { values, metrics } = createLisaGroundingScorer(upstream).score(rows);
    return { ious: values, mean_iou: metrics.miou };
  },
  polygon_mask: ({ inputs }) => {
    const mask = polygonMask(inputs.polygon, inputs.size[0], inputs.size[1]);
    const area = mask.pixels.reduce((sum, pixel) => sum + pixel, 0);
    return { size: inputs.size, counts: maskRuns(mask), area };
  },
  mask_iou: ({ inputs }) => {
    const overlap = maskOverlap(
      decodeMask(inputs.first as RunLengths),
      decodeMask(inputs.second as RunLengths),
    );
    return [overlap.intersection, overlap.union, offsetMaskIou(overlap)];
  },
  mask_giou_ciou: ({ inputs }) => {
    const { values, metrics } = createLisaMaskScorer(upstream).score(inputs.images);
    return { ious: values.filter((value) => value !== null), giou: metrics.giou, ciou: metrics.ciou };
  },
};

const file = "evaluation_scorers.jsonl";

describe.skipIf(fixturesAbsent)(file, () => {
  const records = readJsonLines<ScorerRecord>("rewards", file);

  it("agrees under compat: upstream to 1e-9 in every record, mathematical verdicts aside", () => {
    const disagreements: string[] = [];
    for (const record of records) {
      let got: unknown;
      try {
        got = scorers[record.scorer]!(record);
      } catch (error) {
        got = error;
      }
      if (raises(record.expected) ? !(got instanceof Error) : !agrees(got, record.expected)) {
        const shown = got instanceof Error ? got : JSON.stringify(got);
        disagreements.push(
          `${record.id} ${record.scorer} ${JSON.stringify(record.inputs)}: ${shown} instead of ${JSON.stringify(record.expected)}`,
        );
      }
    }
    report(`${file} (compat: upstream)`, records.length, disagreements);
    expect(records.length).toBeGreaterThan(0);
    expect(disagreements).toEqual([]);
  });

  it("agrees with our own mathematical verdicts, too, in 99% of the answers", () => {
    const disagreements: string[] = [];
    let compared = 0;
    const compare = (id: string, got: readonly unknown[], { expected, inputs }: ScorerRecord): void => {
      got.forEach((verdict, index) => {
        compared++;
        if (!agrees(verdict, expected.correct[index])) {
          const gold =
            inputs.ground_truth?.[index] ?? `${inputs.rows[index].choices} ${inputs.rows[index].answer}`;
          disagreements.push(
            `${id} ${gold} / ${JSON.stringify(inputs.responses[index]).slice(-80)}: ${verdict} instead of ${expected.correct[index]}`,
          );
        }
      });
    };
    for (const record of records) {
      if (record.scorer === "cv_bench") {
        compare(record.id, cvBench(record.inputs, () => gradeAnswer).correct, record);
      } else if (record.scorer === "geoqa") {
        compare(record.id, geoqa(record.inputs, gradeAnswer).correct, record);
      }
    }
    report(`${file} (with our mathematical verdicts)`, compared, disagreements);
    expect(compared).toBeGreaterThan(0);
    expect(disagreements.length).toBeLessThanOrEqual(0.01 * compared);
  });
});
