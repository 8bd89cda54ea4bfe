import type { Backend, Buffer } from "../../engine/backend.ts";
import type { Tensor } from "../../engine/primitives.ts";
import { input } from "../../engine/tensor.ts";
import { internalError } from "../../errors.ts";
import { logRatioRange } from "../../losses/log-ratio.ts";
import { policyLoss } from "../../losses/policy-loss.ts";
import type { BatchLoss, TrainingBatch, WeightedCompletion } from "../../pipeline.ts";

/** The terms of a batch's loss beyond `-weight * logprob`, which decide what its graph reads. */
export interface LossKind {
  ratio: boolean;
  kl: boolean;
}

export const plainLoss: LossKind = { ratio: false, kl: false };

const ratioInputs = ["oldLogprobs", "lowestLogRatios", "highestLogRatios"] as const;
const klInputs = ["referenceLogprobs", "klWeights"] as const;
export type LossInput = "weights" | (typeof ratioInputs)[number] | (typeof klInputs)[number];

/** One value for each completion row, by the names of the graphs' inputs. */
export type LossInputBuffers = Readonly<Partial<Record<LossInput, Buffer>>>;

/** A ratio that is 1 has the gradient of the log-probability, so a batch without old ones needs none. */
export function lossKindOf({ groups, loss }: TrainingBatch): LossKind {
  const completions = groups.flatMap((group) => group.completions);
  const old = completions.filter(({ oldLogprobs }) => oldLogprobs !== undefined).length;
  if (old > 0 && (loss?.name !== "clipped-ratio" || old < completions.length)) {
    throw internalError("old log-probabilities belong to all completions of a batch with clipped ratios");
  }
  const kl = completions.some(hasKl);
  if (completions.some((completion) => hasKl(completion) && !completion.referenceLogprobs)) {
    throw internalError("KL weights need reference log-probabilities");
  }
  return { ratio: old > 0, kl };
}

/** True for completions that the update depends on. */
export function isActive(completion: WeightedCompletion): boolean {
  return completion.weights.some((weight) => weight !== 0) || hasKl(completion);
}

function hasKl({ klWeights }: WeightedCompletion): boolean {
  return klWeights?.some((weight) => weight !== 0) ?? false;
}

export function lossInputNames({ ratio, kl }: LossKind): LossInput[] {
  return ["weights", ...(ratio ? ratioInputs : []), ...(kl ? klInputs : [])];
}

/** The loss of so many rows, over inputs of its own or over what `rows` gives in the place of each. */
export function symbolicLoss(
  logprobs_N: Tensor,
  { ratio, kl }: LossKind,
  rows = (name: LossInput): Tensor => input(name, logprobs_N.shape),
): Tensor {
  const inputs = <Name extends LossInput>(names: readonly Name[]): Record<Name, Tensor> =>
    Object.fromEntries(names.map((name) => [name, rows(name)])) as Record<Name, Tensor>;
  return policyLoss(logprobs_N, {
    weights: rows("weights"),
    ...(ratio && { ratio: inputs(ratioInputs) }),
    ...(kl && { kl: inputs(klInputs) }),
  });
}

export function allocateLossInputs(backend: Backend, rows: number, kind: LossKind): LossInputBuffers {
  return Object.fromEntries(lossInputNames(kind).map((name) => [name, backend.allocate([rows])]));
}

export function clearLossInputs(own: LossInputBuffers): void {
  for (const name of lossInputNames({ ratio: true, kl: true })) {
    (own[name]?.values as Float32Array | undefined)?.fill(0);
  }
}

/** Writes what the loss of one completion reads, from row `start` on. */
export function fillLossInputs(
  own: LossInputBuffers,
  completion: WeightedCompletion,
  loss: BatchLoss | undefined,
  start: number,
): void {
  const fill = (name: LossInput, values: ArrayLike<number> | undefined): void =>
    (own[name]?.values as Float32Array | undefined)?.set(values ?? [], start);
  fill("weights", completion.weights);
  fill("oldLogprobs", completion.oldLogprobs);
  fill("referenceLogprobs", completion.referenceLogprobs);
  fill("klWeights", completion.klWeights);
  if (own.lowestLogRatios !== undefined && loss?.name === "clipped-ratio") {
    const ranges = completion.weights.map((weight) => logRatioRange(weight, loss.clip));
    fill(
      "lowestLogRatios",
      ranges.map(({ lowest }) => lowest),
    );
    fill(
      "highestLogRatios",
      ranges.map(({ highest }) => highest),
    );
  }
}
