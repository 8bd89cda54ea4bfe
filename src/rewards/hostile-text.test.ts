import { expect, it } from "vitest";
import { contextOf } from "../../test/support/reward-context.ts";
import { createAccuracyReward } from "./accuracy.ts";
import { cosineParameters, createCosineReward } from "./cosine.ts";
import { gradedText } from "./evaluation/cv-bench.ts";
import { firstBracketedBox, firstChoiceLetter } from "./evaluation/upstream-readers.ts";
import { createReward } from "./registry.ts";
import type { AnyReward } from "./reward.ts";
import { scoresOf } from "./score-group.ts";
import { createAnswerLetterReward } from "./visual/answer-letter.ts";
import { createClassificationReward } from "./visual/classification.ts";
import { createDetectionIouReward, detectionIouParameters } from "./visual/detection.ts";
import { createGiouReward } from "./visual/giou.ts";

/** What patterns stumble over when it is repeated. */
const units = [
  "<think>",
  "<think>\n",
  "\n</think>\n<answer>\n",
  "</think> ",
  "<answer>",
  "<answer> ",
  "<answer>\n",
  "</answer>",
  "\n</answer>x",
  "```python\n",
  "```",
  " ",
  "\n",
  "\t ",
  "0",
  "٣",
  "Step 1",
  "1.",
  "\n-",
  "(",
  "(1,",
  "(1,2),",
  "[1, 2, 3, ",
  "[[",
  "{'Position': [1, 2, 3, 4], 'Confidence': 1}, ",
  "'",
  '"',
  "NaN",
  "A ",
  "A",
  "a b ",
  ".",
  "*",
  "_",
  "😀",
  "\ud83d",
] as const;

/** Characters. A search that is not linear takes minutes for so many. */
const long = 300_000;
/** Mathematics has hostile texts of its own. */
const grade = () => ({ verdict: "different" as const });
const upstream = { compat: "upstream" as const };
const box = "(1,2),(3,4)";
const boxes = "[{'Position': [1, 2, 3, 4]}]";

const registered = (name: string, parameters: object = {}) => createReward(name, parameters);

const rewards: readonly [name: string, gold: string, reward: AnyReward][] = [
  ["accuracy of R1-V", "7", createAccuracyReward({ ...upstream, project: "r1-v" }, grade)],
  ["answer_letter", "B", registered("answer_letter")],
  ["answer_letter, upstream", "B", createAnswerLetterReward(upstream, grade)],
  ["classification", "a cat", registered("classification")],
  ["classification, upstream", "a cat", createClassificationReward(upstream, grade)],
  ["code_format", "", registered("code_format")],
  ["code_format, upstream", "", registered("code_format", upstream)],
  ["cosine", "7", createCosineReward(cosineParameters.parse({}), grade)],
  ["counting", "7", registered("counting")],
  ["counting, upstream", "7", registered("counting", upstream)],
  ["detection_iou", boxes, registered("detection_iou")],
  ["detection_iou, upstream", boxes, createDetectionIouReward(detectionIouParameters.parse(upstream), grade)],
  ...["gpgrad", "open-r1", "open-rs", "r1-v"].flatMap((project): [string, string, AnyReward][] => [
    [`format of ${project}`, "", registered("format", { project })],
    [`format of ${project}, upstream`, "", registered("format", { ...upstream, project })],
  ]),
  ["giou", box, registered("giou")],
  ["giou, upstream", box, createGiouReward(upstream, grade)],
  ["iou, upstream", box, registered("iou", upstream)],
  ["reasoning_steps", "", registered("reasoning_steps")],
  ["reasoning_steps, upstream", "", registered("reasoning_steps", upstream)],
  ["repetition_penalty", "", registered("repetition_penalty", { ngramSize: 20 })],
  ["tag_count", "", registered("tag_count")],
];

it.each(rewards)("%s reads hundreds of thousands of anything through", async (_, gold, reward) => {
  for (const unit of units) {
    const text = unit.repeat(long / unit.length);
    const contexts = [`<think>\n${text}`, `<answer>${text}</answer>`].map((each) => contextOf(gold, each));
    for (const score of await scoresOf(reward, contexts)) {
      expect(score.kind, `${unit} ${JSON.stringify(score)}`).toBe("value");
    }
  }
});

it("reads them through in the evaluation scorers", () => {
  for (const unit of units) {
    const text = unit.repeat(long / unit.length);
    expect(gradedText(text).length).toBeLessThanOrEqual(text.length);
    expect(firstChoiceLetter(text).length).toBeLessThanOrEqual(1);
    expect(firstBracketedBox(text)).toBeUndefined();
  }
});
