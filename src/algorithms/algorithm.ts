import type { ScoredGroup, SignalLedger, TrainingBatch } from "../pipeline.ts";
import type { Divergence } from "./pinsker.ts";

/** The part of the signal ledger that an algorithm knows. */
export type GroupSignal = Pick<
  SignalLedger,
  | "groups"
  | "informativeGroups"
  | "allRightGroups"
  | "allWrongGroups"
  | "unscoredGroups"
  | "alpha"
  | "zeroLossReason"
>;

export interface WeighedGroups {
  batch: TrainingBatch;
  signal: GroupSignal;
}

/** Turns the rewards of groups into one weight a token: pure arithmetic on numbers. */
export interface Algorithm {
  readonly name: string;
  /** Optimizer steps that one batch of groups is good for: `iterations` passes over it, each in `minibatches` parts. */
  readonly updates: { readonly iterations: number; readonly minibatches: number };
  /** True if its batches have KL weights, which need the reference's log-probabilities. */
  readonly usesReference: boolean;
  /** By which the reference holds the policy. */
  readonly divergence: Divergence;
  /** True once the sampled groups carry enough signal; until then the trainer samples another batch, within its bound. */
  hasEnoughSignal(sampled: readonly ScoredGroup[], batchSize: number): boolean;
  /** The groups to train on, from all that were sampled: at most `batchSize`. */
  select(sampled: readonly ScoredGroup[], batchSize: number): ScoredGroup[];
  /** `sampled`: all groups of the step, of which `groups` were selected; `groups` itself if left out. */
  weigh(groups: readonly ScoredGroup[], sampled?: readonly ScoredGroup[]): WeighedGroups;
}

/** Learns from the task's demonstrations: nothing is sampled and nothing scored. */
export interface Imitation {
  readonly name: "sft";
}

export const imitation: Imitation = { name: "sft" };

export function isImitation(algorithm: Algorithm | Imitation): algorithm is Imitation {
  return algorithm === imitation;
}
