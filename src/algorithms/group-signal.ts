import type { GroupSignal } from "./algorithm.ts";
import type { GroupKind, GroupStatistics } from "./group-statistics.ts";
import { zeroLossReason } from "./zero-loss-reason.ts";

/** What the groups of a batch had to say; `silent` if nothing of it moves the weights. */
export function groupSignal(
  statistics: readonly GroupStatistics[],
  alpha: number,
  silent: boolean,
): GroupSignal {
  const kinds = statistics.map(({ kind }) => kind);
  const count = (...wanted: GroupKind[]) => kinds.filter((kind) => wanted.includes(kind)).length;
  return {
    groups: statistics.length,
    informativeGroups: count("informative"),
    allRightGroups: count("all-right"),
    allWrongGroups: count("all-wrong"),
    unscoredGroups: count("unscored", "untrainable"),
    alpha,
    zeroLossReason: silent ? zeroLossReason(statistics) : null,
  };
}
