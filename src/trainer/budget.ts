import type { Run } from "./run.ts";
import type { Budget } from "./train-options.ts";
import type { RunCounters, TrainerState } from "./trainer-state.ts";

/** True once a run has spent any of what it may spend. */
export function isSpent(budget: Budget | null, counters: RunCounters): boolean {
  const spent: Required<Budget> = {
    samples: counters.sampledCompletions,
    tokens: counters.sampledTokens + counters.learnedTokens,
    seconds: counters.seconds,
  };
  return Object.entries(budget ?? {}).some(([name, limit]) => spent[name as keyof Budget] >= limit);
}

/** True after the last step of a run: all its steps are done, or its budget is spent. */
export function isOver({ options, totalSteps }: Run, { step, counters }: TrainerState): boolean {
  return step === totalSteps || isSpent(options.budget, counters);
}
