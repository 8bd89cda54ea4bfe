import type { Problem } from "../pipeline.ts";
import type { AnyReward } from "../rewards/reward.ts";

/** Problems by index, so that order, shuffling and resume are arithmetic on indices. */
export interface ProblemSet {
  readonly size: number;
  /** Other problems, another digest; absent where the task's parameters tell them apart, because it generates them. */
  readonly digest?: string;
  at(index: number): Problem;
}

/** A task is data, prompt and rewards. */
export interface Task {
  readonly name: string;
  readonly train: ProblemSet;
  readonly heldOut: ProblemSet;
  readonly rewards: readonly { reward: AnyReward; weight: number }[];
  /** Text that ends a completion, where the task's format has one. */
  readonly stop: readonly string[];
}
