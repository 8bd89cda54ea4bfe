/**
 * What a worker needs to make a reward by itself: functions do not cross the boundary between threads. `registered` is
 * `createReward(name, parameters)` of `registry.ts`; `file` is what a module of the user's exports.
 */
export type RewardSource =
  | { kind: "registered"; name: string; parameters: unknown }
  /** `file` is absolute. */
  | { kind: "file"; file: string; export: string; parameters: unknown };
