import type { z } from "zod";
import { lookUp } from "../look-up.ts";
import { parseParameters } from "../parse-parameters.ts";
import {
  accuracyLv35Parameters,
  accuracyParameters,
  createAccuracyLv35Reward,
  createAccuracyReward,
} from "./accuracy.ts";
import { type CodeRewardName, codeTimeLimit, createCodeReward } from "./code/code-reward.ts";
import { createIoiCodeReward, ioiCodeParameters, ioiRewardName } from "./code/ioi/ioi-reward.ts";
import { codeParameters } from "./code/parameters.ts";
import { codeFormatParameters, createCodeFormatReward } from "./code-format.ts";
import { cosineParameters, createCosineReward } from "./cosine.ts";
import { createFormatReward, createFormatV2Reward, formatParameters, formatV2Parameters } from "./format.ts";
import { createLengthReward, lengthParameters } from "./length.ts";
import { createReasoningStepsReward, reasoningStepsParameters } from "./reasoning-steps.ts";
import { createRepetitionPenaltyReward, repetitionPenaltyParameters } from "./repetition-penalty.ts";
import type { AnyReward } from "./reward.ts";
import { createSoftOverlongReward, softOverlongParameters } from "./soft-overlong.ts";
import { createTagCountReward, tagCountParameters } from "./tag-count.ts";
import { createTokenCountReward, tokenCountParameters } from "./token-count.ts";
import { answerLetterParameters, createAnswerLetterReward } from "./visual/answer-letter.ts";
import { classificationParameters, createClassificationReward } from "./visual/classification.ts";
import { countingParameters, createCountingReward } from "./visual/counting.ts";
import {
  createDetectionConfidenceReward,
  createDetectionIouReward,
  detectionConfidenceParameters,
  detectionIouParameters,
} from "./visual/detection.ts";
import { createGiouReward, giouParameters } from "./visual/giou.ts";
import { createIouReward, iouParameters } from "./visual/iou.ts";

interface Definition {
  schema: z.ZodObject;
  create: (parameters: unknown) => AnyReward;
}

function define<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  create: (parameters: z.output<Schema>) => AnyReward,
): Record<string, Definition> {
  return {
    [name]: {
      schema,
      create: (parameters) => create(parseParameters(schema, parameters, `reward ${name}`)),
    },
  };
}

const codeReward = (name: CodeRewardName, parameters: unknown): AnyReward =>
  createCodeReward(name, parameters, { name, timeLimit: codeTimeLimit });

const definitions: Readonly<Record<string, Definition>> = {
  ...define("accuracy", accuracyParameters, (parameters) => createAccuracyReward(parameters)),
  ...define("accuracy_lv35", accuracyLv35Parameters, (parameters) => createAccuracyLv35Reward(parameters)),
  ...define("format", formatParameters, createFormatReward),
  ...define("format_v2", formatV2Parameters, createFormatV2Reward),
  ...define("tag_count", tagCountParameters, createTagCountReward),
  ...define("reasoning_steps", reasoningStepsParameters, createReasoningStepsReward),
  ...define("length", lengthParameters, (parameters) => createLengthReward(parameters)),
  ...define("cosine", cosineParameters, (parameters) => createCosineReward(parameters)),
  ...define("repetition_penalty", repetitionPenaltyParameters, createRepetitionPenaltyReward),
  ...define("soft_overlong", softOverlongParameters, createSoftOverlongReward),
  ...define("token_count", tokenCountParameters, createTokenCountReward),
  ...define("code", codeParameters, (parameters) => codeReward("code", parameters)),
  ...define("binary_code", codeParameters, (parameters) => codeReward("binary_code", parameters)),
  ...define(ioiRewardName, ioiCodeParameters, (parameters) =>
    createIoiCodeReward(parameters, { name: ioiRewardName, timeLimit: codeTimeLimit }),
  ),
  ...define("code_format", codeFormatParameters, createCodeFormatReward),
  ...define("answer_letter", answerLetterParameters, (parameters) => createAnswerLetterReward(parameters)),
  ...define("classification", classificationParameters, (parameters) =>
    createClassificationReward(parameters),
  ),
  ...define("counting", countingParameters, createCountingReward),
  ...define("iou", iouParameters, createIouReward),
  ...define("giou", giouParameters, (parameters) => createGiouReward(parameters)),
  ...define("detection_iou", detectionIouParameters, (parameters) => createDetectionIouReward(parameters)),
  ...define("detection_confidence", detectionConfidenceParameters, (parameters) =>
    createDetectionConfidenceReward(parameters),
  ),
};

export const rewardNames: readonly string[] = Object.keys(definitions);

/** What a reward takes, defaults inside, unknown keys refused. Throws ConfigError for an unknown name. */
export function rewardParameters(name: string): z.ZodObject {
  return lookUp("reward", name, definitions).schema;
}

/** Throws ConfigError for an unknown name or parameter, with the known and the nearest. */
export function createReward(name: string, parameters: unknown = {}): AnyReward {
  return lookUp("reward", name, definitions).create(parameters);
}
