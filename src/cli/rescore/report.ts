import { formatPercent, plural } from "../format.ts";
import type { Change, ChangeKind, Comparison } from "./comparison.ts";

const words: readonly [kind: ChangeKind, words: string][] = [
  ["same", "same"],
  ["higher", "higher"],
  ["lower", "lower"],
  ["newly-scored", "scored now and not before"],
  ["newly-unscored", "scored before and not now"],
  ["still-unscored", "scored neither before nor now"],
];

/** What would change, for a person. */
export function rescoreReport(name: string, comparison: Comparison, examples: readonly Change[]): string {
  const { replaced, completions, steps, changes, mean, combinedMean, groups, informativeGroups } = comparison;
  const what =
    replaced === null
      ? `${name} beside the run's own rewards`
      : replaced === name
        ? name
        : `${name} instead of ${replaced}`;
  const counted = replaced === null ? "the combined reward of" : "the verdict on";
  const lines = [
    `${what}: ${plural(completions, "completion")} of ${plural(steps, "step")} scored again`,
    ...words
      .filter(([kind]) => changes[kind] > 0)
      .map(
        ([kind, text]) =>
          `  ${counted} ${changes[kind]} (${formatPercent(changes[kind] / completions)}): ${text}`,
      ),
    ...unscoredLines(comparison),
    ...(replaced === null
      ? [`  mean verdict: ${number(mean.after)}`]
      : [`  mean verdict: ${number(mean.before)} before, ${number(mean.after)} now`]),
    `  mean reward: ${number(combinedMean.before)} before, ${number(combinedMean.after)} now`,
    `  informative groups: ${informativeGroups.before} of ${groups} before, ${informativeGroups.after} now`,
  ];
  const shown = examples.flatMap((change) => ["", ...exampleLines(change, replaced)]);
  return `${[...lines, ...shown].join("\n")}\n`;
}

function unscoredLines({ unscorable, timeouts, errors, firstReason }: Comparison): string[] {
  const kinds = [
    ...(unscorable > 0 ? [`${unscorable} unscorable`] : []),
    ...(timeouts > 0 ? [plural(timeouts, "timeout")] : []),
    ...(errors > 0 ? [plural(errors, "error")] : []),
  ];
  return kinds.length === 0 ? [] : [`  no value now: ${kinds.join(", ")}; the first: ${firstReason}`];
}

function exampleLines(change: Change, replaced: string | null): string[] {
  const { step, problem, completion, before, after, rewardBefore, rewardAfter } = change;
  const verdict = after.kind === "value" ? number(after.value) : `${after.kind} (${after.reason})`;
  const [from, to] =
    replaced === null ? [number(rewardBefore), number(rewardAfter)] : [number(before), verdict];
  return [`step ${step}, ${problem}: ${from} -> ${to}`, `  ${ending(completion)}`];
}

const shownCharacters = 160;

/** Answers stand at the end. */
function ending(completion: string): string {
  const line = completion.replaceAll(/\s+/g, " ").trim();
  return line.length <= shownCharacters ? line : `...${line.slice(-shownCharacters)}`;
}

function number(value: number | null): string {
  return value === null ? "none" : String(Math.round(value * 10_000) / 10_000);
}
