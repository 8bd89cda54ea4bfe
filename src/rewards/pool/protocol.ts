import type { Score } from "../../pipeline.ts";
import type { RewardContext } from "../reward.ts";
import type { RewardSource } from "../reward-source.ts";

/** A reward and the completions that it has to judge: those of one group, which travel with one copy of their problem. */
export interface WorkerJob {
  id: number;
  source: RewardSource;
  contexts: readonly RewardContext[];
  /** The number of the first call; the next ones follow. A reward of whole groups makes one call. */
  firstCall: number;
}

/** `scores` come as they are there, in slices; `done` and `unmade` end a job. */
export type WorkerAnswer =
  | { kind: "scores"; id: number; first: number; scores: Score[] }
  | { kind: "done"; id: number }
  /** The reward could not be made. */
  | { kind: "unmade"; id: number; reason: string };

/** What the worker is at instead of a call. */
export const idle = 0;
export const making = -1;

/** Readable by the main thread even while the worker never comes back to its event loop. */
export interface WorkerData {
  /** The number of the call in flight, or `idle` or `making`; and how many completions it judges. */
  current: Int32Array;
}
