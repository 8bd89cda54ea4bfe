import type { GroupKind, GroupStatistics } from "./group-statistics.ts";

const words: readonly [kind: GroupKind, words: string][] = [
  ["all-right", "all right"],
  ["all-wrong", "all wrong"],
  ["unscored", "with fewer than two scored completions"],
  ["untrainable", "with only cut-off or empty completions"],
];

/** In plain words, why these groups do not move the weights. */
export function zeroLossReason(groups: readonly GroupStatistics[]): string {
  const kinds = groups.map(({ kind }) => kind);
  if (kinds.length === 0) {
    return "there are no groups";
  }
  const found = words
    .map(([kind, label]) => ({
      label: kind === "all-wrong" ? label + partialRewards(groups) : label,
      count: kinds.filter((each) => each === kind).length,
    }))
    .filter(({ count }) => count > 0);
  const account =
    found.length === 1 ? found[0]!.label : found.map(({ count, label }) => `${count} ${label}`).join(", ");
  const equal = kinds.every((kind) => kind === "all-right" || kind === "all-wrong");
  if (kinds.length === 1) {
    return `the only group ${equal ? "has equal rewards" : "is not informative"}: ${account}`;
  }
  return equal
    ? `all ${kinds.length} groups have equal rewards: ${account}`
    : `none of the ${kinds.length} groups is informative: ${account}`;
}

/** Groups are wrong below the highest reward: one that earns a part of it, such as right answers without tags, shows. */
function partialRewards(groups: readonly GroupStatistics[]): string {
  const rewards = groups.filter(({ kind }) => kind === "all-wrong").flatMap(({ rewards_G }) => rewards_G);
  const highest = rewards.reduce<number>((most, reward) => Math.max(most, reward ?? 0), 0);
  return highest > 0 ? ` (with rewards of up to ${Number(highest.toPrecision(4))})` : "";
}
