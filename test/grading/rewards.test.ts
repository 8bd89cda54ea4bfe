import { describe, expect, it } from "vitest";
import { lastCodeBlock } from "../../src/rewards/code-block.ts";
import { type GradeAnswer, gradeAnswer } from "../../src/rewards/graded-answer.ts";
import type { MathVerdict } from "../../src/rewards/math-equal.ts";
import { standaloneLetters } from "../../src/rewards/visual/answer-letter.ts";
import { type Box, intersectionOverUnion, scaledGeneralisedIou } from "../../src/rewards/visual/box.ts";
import {
  boxOf,
  detectionConfidence,
  detectionIou,
  matchUpstreamDetections,
  meanMatchedIou,
  readUpstreamDetections,
} from "../../src/rewards/visual/detections.ts";
import { fixturesAbsent } from "../parity/fixtures.ts";
import {
  agrees,
  contextsOf,
  type RewardRecord,
  raises,
  readRewardRecords,
  report,
  scoresOf,
} from "./reward-records.ts";
import { shapeFits, upstreamReward, usesGrading } from "./upstream-rewards.ts";

/** Programs are run by another suite. */
const elsewhere = new Set(["code_reward", "binary_code_reward"]);

const verdicts: readonly MathVerdict[] = ["equal", "different", "gold-unparseable"];

async function values(record: RewardRecord, grade: GradeAnswer): Promise<unknown[]> {
  const scores = await scoresOf(upstreamReward(record, grade), contextsOf(record));
  // Upstream's functions end with the shorter of two columns.
  const rows = (record.columns.solution as unknown[] | undefined)?.length;
  return scores.slice(0, rows).map((score) => (score.kind === "value" ? score.value : score.kind));
}

/** Per completion, the values under each verdict that mathematics could give; the record does not say which it gave. */
async function possibleValues(record: RewardRecord): Promise<unknown[][]> {
  const each = await Promise.all(
    (usesGrading(record) ? verdicts : verdicts.slice(0, 1)).map((verdict) =>
      values(record, () => ({ verdict })),
    ),
  );
  return each[0]!.map((_, index) => each.map((list) => list[index]));
}

async function differs(record: RewardRecord): Promise<string | undefined> {
  const shown = `${record.id} ${record.project} ${record.function} ${JSON.stringify(record.completions)}`;
  let possible: unknown[][];
  try {
    possible = await possibleValues(record);
  } catch (error) {
    return raises(record.expected) ? undefined : `${shown}: threw ${error}`;
  }
  const expected = record.expected as unknown[];
  const right =
    !raises(expected) &&
    possible.length === expected.length &&
    possible.every((options, index) => options.some((value) => agrees(value, expected[index])));
  return right ? undefined : `${shown}: ${JSON.stringify(possible)} instead of ${JSON.stringify(expected)}`;
}

/** Numbers beyond JSON are written by name. */
function withNumbers<Value>(value: Value): Value {
  const names = ["NaN", "Infinity", "-Infinity"];
  return JSON.parse(JSON.stringify(value), (_, each) =>
    names.includes(each) ? Number(each) : each,
  ) as Value;
}

/** The first two corners, of two numbers each. */
function corners(value: unknown): Box {
  const [first, second] = withNumbers(value) as unknown[][];
  return boxOf(first?.length === 2 && second?.length === 2 ? [...first, ...second] : []);
}

const helpers: Readonly<Record<string, (record: RewardRecord) => unknown>> = {
  extract_code: ({ completions, parameters }) =>
    lastCodeBlock(completions[0]!, (parameters.language as string | undefined) ?? "python"),
  extract_letters: ({ completions }) => standaloneLetters(completions[0]!),
  compute_giou: ({ columns }) => scaledGeneralisedIou(corners(columns.gold), corners(columns.student)),
  calculate_iou: ({ columns }) =>
    intersectionOverUnion(boxOf(withNumbers(columns.first)), boxOf(withNumbers(columns.second))),
  extract_bbox: ({ completions }) => readUpstreamDetections(completions[0]!),
  match_boxes: ({ columns }) => {
    const { iou_threshold: threshold = 0.5 } = (columns.options ?? {}) as { iou_threshold?: number };
    const [golden, predicted] = withNumbers([columns.gold, columns.predicted]);
    const matches = matchUpstreamDetections(golden, predicted, threshold);
    return {
      matches: matches.map(({ iou, confidence }) => [iou, confidence]),
      iou: meanMatchedIou(matches),
      iou_v2: detectionIou(matches, (columns.gold as unknown[]).length),
      confidence: detectionConfidence(matches),
    };
  },
};

function helperDiffers(record: RewardRecord): string | undefined {
  let got: unknown;
  try {
    got = helpers[record.function]!(record);
  } catch (error) {
    got = error;
  }
  const undefinedNumber =
    JSON.stringify(got) !== JSON.stringify(got, (_, value) => (Number.isNaN(value) ? 0 : value));
  const right = raises(record.expected)
    ? got instanceof Error || undefinedNumber
    : agrees(got, record.expected);
  return right
    ? undefined
    : `${record.id} ${record.function} ${JSON.stringify(record.columns)} ${JSON.stringify(record.completions)}: ${JSON.stringify(got)} instead of ${JSON.stringify(record.expected)}`;
}

describe.skipIf(fixturesAbsent).each(["rewards_text.jsonl", "rewards_visual.jsonl"])("%s", (file) => {
  const records = readRewardRecords(file).filter((record) => !elsewhere.has(record.function));

  it("agrees under compat: upstream to 1e-9 in every record, mathematical verdicts aside", async () => {
    const disagreements: string[] = [];
    let compared = 0;
    for (const record of records) {
      if (record.function in helpers) {
        compared++;
        disagreements.push(...[helperDiffers(record)].filter((line) => line !== undefined));
      } else if (shapeFits(record)) {
        compared++;
        disagreements.push(...[await differs(record)].filter((line) => line !== undefined));
      } else {
        expect(raises(record.expected), record.id).toBe(true);
      }
    }
    report(`${file} (compat: upstream)`, compared, disagreements);
    expect(compared).toBeGreaterThan(0);
    expect(disagreements).toEqual([]);
  });

  it("agrees with our own mathematical verdicts, too, in 99% of the records", async () => {
    const graded = records.filter(
      // A list in the place of a text has no answer.
      (record) =>
        usesGrading(record) && shapeFits(record) && record.shape !== "nested" && !raises(record.expected),
    );
    const disagreements: string[] = [];
    for (const record of graded) {
      const got = await values(record, gradeAnswer);
      if (!agrees(got, record.expected)) {
        disagreements.push(
          `${record.id} ${record.function} ${JSON.stringify(record.columns)} ${JSON.stringify(record.completions)}: ${JSON.stringify(got)} instead of ${JSON.stringify(record.expected)}`,
        );
      }
    }
    report(`${file} (with our mathematical verdicts)`, graded.length, disagreements);
    expect(graded.length).toBeGreaterThan(0);
    expect(disagreements.length).toBeLessThanOrEqual(0.01 * graded.length);
  });
});
