/**
 * Every value that flows through a training run, in the order in which it comes into being:
 *
 *   Problem -> Prompt -> Rollout -> Score -> ScoredGroup -> TrainingBatch -> RunEvent
 *
 * Plain data: no methods, no tensors, nothing that a JSON file or a remote service could not carry.
 */

/** One turn of a conversation, as chat templates know it. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** One row of a data set, ready to be asked. */
export interface Problem {
  /** Stable and unique within its task, for example `gsm8k/train/17`. */
  id: string;
  /** Messages are rendered with the model's chat template; a string is given to the model as it stands. */
  prompt: string | readonly Message[];
  /** The reference answer that rewards compare with. */
  answer: string;
  /** A whole completion worth imitating (the target of supervised fine-tuning), where the task has one. */
  demonstration?: string;
  /** The row's other columns, for rewards. */
  columns: Readonly<Record<string, unknown>>;
}

/** A problem as the model is given it. */
export interface Prompt {
  problem: Problem;
  tokenIds: readonly number[];
}

/** Why a completion ended: an end-of-sequence token or stop string, or the token limit. */
export type FinishReason = "stop" | "length";

/** One sampled completion. Arrays are aligned: one entry a completion token, the end token included. */
export interface Rollout {
  tokenIds: readonly number[];
  /** Log-probability of each token under the distribution it was sampled from. */
  logprobs: readonly number[];
  /** Entropy in nats of the distribution each token was sampled from. */
  entropies: readonly number[];
  finishReason: FinishReason;
  /** Decoded without special tokens. */
  text: string;
}

/** The verdict of one reward on one rollout. Only `value` enters group statistics; the rest is masked and counted. */
export type Score =
  | { kind: "value"; value: number }
  | { kind: "unscorable"; reason: string }
  | { kind: "timeout"; reason: string }
  | { kind: "error"; reason: string };

/** A rollout with the weighted sum of its rewards and each reward's own verdict. */
export interface ScoredRollout {
  rollout: Rollout;
  /** The weighted sum of the rewards; not a value if one of them failed or none could tell. */
  score: Score;
  scores: Readonly<Record<string, Score>>;
}

/** All scored completions of one prompt. */
export interface ScoredGroup {
  prompt: Prompt;
  rollouts: readonly ScoredRollout[];
}

/** One completion with the weight of each of its tokens; arrays are aligned. */
export interface WeightedCompletion {
  tokenIds: readonly number[];
  /** One signed weight a token; the normalisation over the whole optimizer step is already inside. */
  weights: readonly number[];
  /**
   * Log-probabilities under the policy that sampled, for `clipped-ratio`: all completions of a batch have them or none.
   * Without them the policy is still the one that sampled: every ratio is 1.
   */
  oldLogprobs?: readonly number[];
  /** Log-probabilities under the reference policy, where there are `klWeights`. */
  referenceLogprobs?: readonly number[];
  /** Adds `sum(klWeight * (exp(d) - d - 1))` with `d = referenceLogprob - logprob`, an estimate of the KL divergence. */
  klWeights?: readonly number[];
}

/** The completions of one prompt, which the learner reads once for all of them. */
export interface TrainingGroup {
  promptTokenIds: readonly number[];
  completions: readonly WeightedCompletion[];
}

/** A token stops teaching once its ratio is beyond `1 + high` where its weight is positive, below `1 - low` where it is negative. */
export interface ClipRange {
  low: number;
  high: number;
}

/**
 * What the learner minimises, summed over tokens: `-weight * logprob`, which goes by two names, or, with
 * `ratio = exp(logprob - oldLogprob)`, `-min(ratio * weight, clip(ratio) * weight)`; with the KL term of `klWeights` added.
 */
export type BatchLoss =
  | { name: "policy-gradient" | "cross-entropy" }
  | { name: "clipped-ratio"; clip: ClipRange };

/** What one optimizer step learns from. How it is cut into micro-batches never changes the update. */
export interface TrainingBatch {
  groups: readonly TrainingGroup[];
  /** `policy-gradient` if left out. */
  loss?: BatchLoss;
  /** The policy is the softmax of the logits divided by it, as completions were sampled; above 0, and 1 if left out. */
  temperature?: number;
}

/** A number for each thing that was measured, by its full name. */
export type Metrics = Readonly<Record<string, number>>;

/** What a step's groups had to say: where the signal went, and what it cost. */
export interface SignalLedger {
  /** B: groups that were trained on. */
  groups: number;
  /** B - M: groups whose rewards differ. */
  informativeGroups: number;
  /** Groups of equal rewards at the highest reward of the task. */
  allRightGroups: number;
  /** Groups of equal rewards below it. */
  allWrongGroups: number;
  /** Groups with fewer than two scored completions, or none that may be trained on: nothing to compare. */
  unscoredGroups: number;
  /** The correction B / (B - M); 1 where it is off or no group is informative. */
  alpha: number;
  /** Batches sampled beyond the first to find informative groups. */
  resampleRounds: number;
  /** Groups sampled and then left out because the batch was full. */
  surplusGroups: number;
  sampledCompletions: number;
  /** Completions whose score is not a value, by kind. */
  unscorable: number;
  timeouts: number;
  errors: number;
  /** Completion tokens sampled in the step, rounds and surplus included. */
  sampledTokens: number;
  /** `sampledTokens / informativeGroups`; null where there is none. */
  tokensPerInformativeGroup: number | null;
  /** In words, why the update is zero; null where it is not. */
  zeroLossReason: string | null;
}

/** Seconds spent in each phase of a step. */
export interface PhaseSeconds {
  sample: number;
  score: number;
  learn: number;
  total: number;
}

/**
 * One step: all updates from one sampled batch, or one update that imitates demonstrations and has no signal ledger.
 * Where there are several updates, loss, gradient norm and metrics are their means.
 */
export interface StepRecord {
  stage: "warm-start" | "train";
  /** Counts steps of the whole run from 1, both stages together. */
  step: number;
  loss: number;
  learningRate: number;
  gradientNorm: number;
  /** Means over tokens, where the loss has them: `kl`, `clipLow`, `clipHigh` (shares of tokens whose ratio was clipped). */
  metrics?: Metrics;
  /** Tokens that went through the learner. */
  tokens: number;
  seconds: PhaseSeconds;
  signal: SignalLedger | null;
  rollouts: RolloutStatistics | null;
}

/** Over all completions sampled in the step. */
export interface RolloutStatistics {
  /** Mean of the combined reward over scored completions, and of each reward by name. */
  reward: number;
  rewards: Metrics;
  /** Mean entropy a token, nats. */
  entropy: number;
  completionLength: { mean: number; min: number; max: number };
  /** Share of completions cut at the token limit. */
  truncatedShare: number;
}

/** One line of `journal.jsonl`; `time` is ISO 8601. */
export type RunEvent = { time: string } & (
  | {
      type: "run-started";
      recipe: string;
      model: string;
      parameters: number;
      seed: number;
      totalSteps: number;
    }
  | { type: "run-resumed"; step: number; totalSteps: number }
  | ({ type: "step" } & StepRecord)
  | { type: "evaluation"; step: number; label: string; problems: number; metrics: Metrics; seconds: number }
  | { type: "checkpoint"; step: number; path: string }
  | { type: "warning"; step: number; message: string }
  | { type: "run-finished"; step: number; seconds: number }
);
