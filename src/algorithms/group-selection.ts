import type { SurplusPolicy } from "./gpg-options.ts";

/**
 * At most `batchSize` items: those with a gradient in the order they were sampled, then others to fill the batch, the
 * newest batch's first. The order of the sampled batches is that of `sampled`; each but the last is whole.
 */
export function selectGroups<Group>(
  sampled: readonly Group[],
  batchSize: number,
  hasGradient: (group: Group) => boolean,
  surplus: SurplusPolicy,
): Group[] {
  const withGradient = sampled.filter(hasGradient);
  if (withGradient.length >= batchSize) {
    return surplus === "keep-oldest" ? withGradient.slice(0, batchSize) : withGradient.slice(-batchSize);
  }
  const without = (groups: readonly Group[]) => groups.filter((group) => !hasGradient(group));
  const newest = Math.max(0, sampled.length - batchSize);
  const fillers = [...without(sampled.slice(newest)), ...without(sampled.slice(0, newest))];
  return [...withGradient, ...fillers].slice(0, batchSize);
}
