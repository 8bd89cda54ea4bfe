import { z } from "zod";
import { lookUp } from "../../look-up.ts";
import { parseParameters } from "../../parse-parameters.ts";
import { type Compat, compat } from "../compat.ts";
import { createClassificationScorer } from "./classification-accuracy.ts";
import { createCountingScorer } from "./counting-accuracy.ts";
import { createCvBenchScorer } from "./cv-bench.ts";
import { createDetectionScorer } from "./detection-precision.ts";
import type { EvaluationScorer } from "./evaluation-scorer.ts";
import { createGeoqaScorer } from "./geoqa.ts";
import { createLisaGroundingScorer } from "./lisa-grounding.ts";
import { createLisaMaskScorer } from "./lisa-mask.ts";

const factories: Readonly<Record<string, (compat: Compat) => EvaluationScorer>> = {
  cv_bench: (mode) => createCvBenchScorer(mode),
  geoqa: (mode) => createGeoqaScorer(mode),
  superclevr_counting: createCountingScorer,
  visual_rft_classification: createClassificationScorer,
  lisa_grounding: createLisaGroundingScorer,
  lisa_mask: createLisaMaskScorer,
  coco_detection: createDetectionScorer,
};

const parametersSchema = z.strictObject({ compat });

export const evaluationScorerNames: readonly string[] = Object.keys(factories);

/** Throws ConfigError for an unknown name or parameter. */
export function createEvaluationScorer(name: string, parameters: unknown = {}): EvaluationScorer {
  const create = lookUp("evaluation scorer", name, factories);
  return create(parseParameters(parametersSchema, parameters, `evaluation scorer ${name}`).compat);
}
