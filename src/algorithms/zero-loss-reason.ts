import type { GroupKind } from "./group-statistics.ts";

/** In plain words, why none of the groups moves the weights. */
export function zeroLossReason(kinds: readonly GroupKind[]): string {
  if (kinds.length === 0) {
    return "there are no groups";
  }
  const count = (kind: GroupKind) => kinds.filter((each) => each === kind).length;
  const equal = count("all-right") + count("all-wrong");
  const parts = [
    [count("all-right"), "all right"],
    [count("all-wrong"), "all wrong"],
    [count("unscored"), "with fewer than two scored completions"],
    [count("untrainable"), "whose completions are all cut off or empty"],
  ] as const;
  const found = parts.filter(([number]) => number > 0);
  const words =
    found.length === 1 ? found[0]![1] : found.map(([number, label]) => `${number} ${label}`).join(", ");
  if (equal < kinds.length) {
    return `none of the ${groups(kinds.length)} is informative: ${words}`;
  }
  return kinds.length === 1
    ? `the only group has equal rewards: ${words}`
    : `all ${groups(kinds.length)} have equal rewards: ${words}`;
}

function groups(count: number): string {
  return count === 1 ? "1 group" : `${count} groups`;
}
