import type { Problem, Score } from "../../src/pipeline.ts";
import type { AnyReward, RewardContext } from "../../src/rewards/reward.ts";
import { readJsonLines } from "../parity/fixtures.ts";

/** One call of an upstream function, as the fixtures record it. */
export interface RewardRecord {
  id: string;
  project: string;
  function: string;
  parameters: Record<string, unknown>;
  shape: "chat" | "text" | "nested" | "plain" | "token_count";
  completions: string[];
  columns: Record<string, unknown>;
  expected: unknown;
}

export const readRewardRecords = (file: string): RewardRecord[] =>
  readJsonLines<RewardRecord>("rewards", file);

export function raises(expected: unknown): boolean {
  return typeof expected === "object" && expected !== null && "raises" in expected;
}

/** The completions of a record, each with its own reference answer. */
export function contextsOf(record: RewardRecord): RewardContext[] {
  const answers = (record.columns.solution ?? []) as string[];
  const lengths = record.columns.completion_tokens as number[] | undefined;
  return Array.from({ length: lengths?.length ?? record.completions.length }, (_, index) => {
    const problem: Problem = { id: record.id, prompt: "", answer: answers[index] ?? "", columns: {} };
    const completion = record.completions[index] ?? "";
    return { problem, completion, completionTokens: lengths?.[index] ?? 0, finishReason: "stop" };
  });
}

export async function scoresOf(
  reward: AnyReward,
  contexts: readonly RewardContext[],
): Promise<readonly Score[]> {
  return "scoreGroup" in reward
    ? reward.scoreGroup(contexts)
    : Promise.all(contexts.map((context) => reward.score(context)));
}

/** Equal to 1e-9; anything within lists and objects too, numbers beyond JSON as their names. */
export function agrees(got: unknown, expected: unknown): boolean {
  if (typeof expected === "number") {
    return typeof got === "number" && Math.abs(got - expected) <= 1e-9;
  }
  if (typeof got === "number") {
    return expected === String(got);
  }
  if (typeof expected !== "object" || expected === null || typeof got !== "object" || got === null) {
    return got === expected || (got === undefined && expected === null);
  }
  const keys = new Set([...Object.keys(got), ...Object.keys(expected)]);
  const at = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];
  return (
    Array.isArray(got) === Array.isArray(expected) &&
    [...keys].every((key) => agrees(at(got, key), at(expected, key)))
  );
}

/** The line that each file's test prints: how many agree, and those that do not. */
export function report(name: string, count: number, disagreements: readonly string[]): void {
  console.log(`${name}: ${count} compared, ${disagreements.length} disagreements`);
  for (const disagreement of disagreements.slice(0, 20)) {
    console.log(`  ${disagreement.slice(0, 300)}`);
  }
}
