import {
  accuracyParameters,
  createAccuracyLv35Reward,
  createAccuracyReward,
} from "../../src/rewards/accuracy.ts";
import { cosineParameters, createCosineReward } from "../../src/rewards/cosine.ts";
import type { GradeAnswer } from "../../src/rewards/graded-answer.ts";
import { createLengthReward, lengthParameters } from "../../src/rewards/length.ts";
import { createReward } from "../../src/rewards/registry.ts";
import type { AnyReward } from "../../src/rewards/reward.ts";
import { createAnswerLetterReward } from "../../src/rewards/visual/answer-letter.ts";
import { createClassificationReward } from "../../src/rewards/visual/classification.ts";
import {
  createDetectionConfidenceReward,
  createDetectionIouReward,
  detectionConfidenceParameters,
  detectionIouParameters,
} from "../../src/rewards/visual/detection.ts";
import { createGiouReward } from "../../src/rewards/visual/giou.ts";
import { type RewardRecord, raises } from "./reward-records.ts";

const compat = "upstream" as const;

/** Our name of a factory's parameter. */
const parameterNames: Readonly<Record<string, string>> = {
  ngram_size: "ngramSize",
  max_penalty: "maxPenalty",
  min_value_wrong: "minValueWrong",
  max_value_wrong: "maxValueWrong",
  min_value_correct: "minValueCorrect",
  max_value_correct: "maxValueCorrect",
  max_len: "maxLength",
  max_completion_len: "maxLength",
  soft_punish_cache: "softLength",
};

function ownParameters({ parameters }: RewardRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [parameterNames[name] ?? name, value]),
  );
}

type Create = (record: RewardRecord, grade: GradeAnswer) => AnyReward;

const grading: Readonly<Record<string, Create>> = {
  "open-r1 accuracy_reward": (_, grade) => createAccuracyReward(accuracyParameters.parse({ compat }), grade),
  "r1-v accuracy_reward": (_, grade) =>
    createAccuracyReward(accuracyParameters.parse({ compat, project: "r1-v" }), grade),
  accuracy_reward_lv35: (_, grade) => createAccuracyLv35Reward({ compat }, grade),
  len_reward: (_, grade) => createLengthReward(lengthParameters.parse({ compat }), grade),
  cosine_scaled_reward: (record, grade) =>
    createCosineReward(cosineParameters.parse({ compat, ...ownParameters(record) }), grade),
  "visualthinker accuracy_reward": (_, grade) => createAnswerLetterReward({ compat }, grade),
  "visual-rft-classification accuracy_reward": (_, grade) => createClassificationReward({ compat }, grade),
  "visual-rft-lisa accuracy_reward": (_, grade) => createGiouReward({ compat }, grade),
  accuracy_reward_iou: (_, grade) =>
    createDetectionIouReward(detectionIouParameters.parse({ compat }), grade),
  accuracy_reward_confidence: (_, grade) =>
    createDetectionConfidenceReward(detectionConfidenceParameters.parse({ compat }), grade),
};

const plain: Readonly<Record<string, (record: RewardRecord) => [name: string, parameters?: object]>> = {
  "open-r1 format_reward": () => ["format", { project: "open-r1" }],
  "open-rs format_reward": () => ["format", { project: "open-rs" }],
  format_reward: ({ project, shape }) => [
    "format",
    { project: "r1-v", thinkInPrompt: project === "visualthinker" && shape === "text" },
  ],
  format_reward_v2: () => ["format_v2"],
  tag_count_reward: ({ project }) => ["tag_count", { project }],
  reasoning_steps_reward: () => ["reasoning_steps"],
  repetition_penalty_reward: (record) => ["repetition_penalty", ownParameters(record)],
  code_format_reward: (record) => ["code_format", ownParameters(record)],
  soft_overlong_punishment_reward: (record) => ["soft_overlong", ownParameters(record)],
};

const keysOf = ({ project, function: name }: RewardRecord): string[] => [
  `${project === "open-rs" && name === "accuracy_reward" ? "open-r1" : project} ${name}`,
  name,
];

/** The reward that a record is about, as `compat: upstream` has it. Throws for parameters that it refuses. */
export function upstreamReward(record: RewardRecord, grade: GradeAnswer): AnyReward {
  const key = keysOf(record).find((candidate) => candidate in grading || candidate in plain);
  if (key === undefined) {
    throw new Error(`internal: no reward for ${record.project} ${record.function}`);
  }
  if (key in grading) {
    return grading[key]!(record, grade);
  }
  const [name, parameters] = plain[key]!(record);
  return createReward(name, { compat, ...parameters });
}

/** Whether a record's reward asks whether an answer is right. */
export const usesGrading = (record: RewardRecord): boolean => keysOf(record).some((key) => key in grading);

/** Whether the original can take the completions as they are handed over. Ours is always given texts. */
export function shapeFits(record: RewardRecord): boolean {
  const { project, function: name, shape, completions } = record;
  if (shape === "plain" || shape === "token_count") {
    return true;
  }
  if (completions.length === 0) {
    return !raises(record.expected);
  }
  switch (`${project} ${name}`) {
    case "open-r1 format_reward":
      return shape !== "chat";
    case "open-r1 accuracy_reward_lv35":
      // An empty text has no first character to tell its kind from.
      return shape !== "text" || completions[0] !== "";
    case "visualthinker accuracy_reward":
    case "visualthinker format_reward":
      return shape !== "nested";
    default:
      return shape === "chat";
  }
}
