import type { FinishReason, Score, ScoredGroup, ScoredRollout, TrainingBatch } from "../../src/pipeline.ts";

export interface CompletionSketch {
  /** A number is a value; null an unscorable completion. */
  reward: number | null | Score;
  /** A number of tokens, or the tokens themselves. */
  tokens?: number | readonly number[];
  finishReason?: FinishReason;
}

/** A scored group of completions of which only these things matter. */
export function scoredGroup(
  completions: readonly (CompletionSketch | number | null)[],
  id = "p",
  promptTokenIds: readonly number[] = [7],
): ScoredGroup {
  return {
    prompt: {
      problem: { id, prompt: "", answer: "", columns: {} },
      tokenIds: promptTokenIds,
    },
    rollouts: completions.map((completion) =>
      scoredRollout(
        completion === null || typeof completion === "number" ? { reward: completion } : completion,
      ),
    ),
  };
}

function scoredRollout({ reward, tokens = 1, finishReason = "stop" }: CompletionSketch): ScoredRollout {
  const tokenIds = typeof tokens === "number" ? Array.from({ length: tokens }, (_, index) => index) : tokens;
  const score = scoreOf(reward);
  return {
    rollout: {
      tokenIds,
      logprobs: tokenIds.map(() => 0),
      entropies: tokenIds.map(() => 0),
      finishReason,
      text: "",
    },
    score,
    scores: { reward: score },
  };
}

function scoreOf(reward: CompletionSketch["reward"]): Score {
  if (reward === null) {
    return { kind: "unscorable", reason: "test" };
  }
  return typeof reward === "number" ? { kind: "value", value: reward } : reward;
}

/** `-sum(weight * logprob)`, as the learner computes it. */
export function lossOf(
  batch: TrainingBatch,
  logprob: (group: number, completion: number, token: number) => number,
): number {
  let loss = 0;
  batch.groups.forEach((group, g) => {
    group.completions.forEach((completion, c) => {
      completion.weights.forEach((weight, t) => {
        loss -= weight * logprob(g, c, t);
      });
    });
  });
  return loss;
}

/** Every token's weight [group][completion][token]. */
export function weightsOf(batch: TrainingBatch): (readonly number[])[][] {
  return batch.groups.map(({ completions }) => completions.map(({ weights }) => weights));
}
