import type { RunEvent } from "../../src/pipeline.ts";

type StepEvent = Extract<RunEvent, { type: "step" }>;

const time = "2026-01-01T00:00:00.000Z";

/** A step event for tests; a `warm-start` step has no signal and no rollouts. */
export function stepEvent(given: {
  step: number;
  stage?: StepEvent["stage"];
  reward?: number;
  accuracy?: number;
  informativeGroups?: number;
  zeroLossReason?: string;
  seconds?: number;
  metrics?: NonNullable<StepEvent["metrics"]>;
}): StepEvent {
  const stage = given.stage ?? "train";
  const trained = stage === "train";
  const seconds = given.seconds ?? 2;
  return {
    time,
    type: "step",
    stage,
    step: given.step,
    loss: 0.25,
    learningRate: 1e-3,
    gradientNorm: 1,
    ...(given.metrics && { metrics: given.metrics }),
    tokens: 4000,
    seconds: { sample: seconds / 2, score: 0, learn: seconds / 2, total: seconds },
    signal: trained
      ? {
          groups: 8,
          informativeGroups: given.informativeGroups ?? 5,
          allRightGroups: 2,
          allWrongGroups: 1,
          unscoredGroups: 0,
          alpha: 1.6,
          resampleRounds: 0,
          surplusGroups: 0,
          sampledCompletions: 64,
          unscorable: 0,
          timeouts: 0,
          errors: 0,
          sampledTokens: 3000,
          tokensPerInformativeGroup: 600,
          zeroLossReason: given.zeroLossReason ?? null,
        }
      : null,
    rollouts: trained
      ? {
          reward: given.reward ?? 0.5,
          rewards: { accuracy: given.accuracy ?? 0.5, format: 1 },
          entropy: 0.3,
          completionLength: { mean: 20, min: 5, max: 40 },
          truncatedShare: 0,
        }
      : null,
  };
}

export function evaluationEvent(step: number, accuracy: number): RunEvent {
  return {
    time,
    type: "evaluation",
    step,
    label: "held-out",
    problems: 200,
    metrics: { accuracy },
    seconds: 3,
  };
}
