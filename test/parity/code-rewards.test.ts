import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lastCodeBlock } from "../../src/rewards/code-block.ts";
import { openReward } from "../../src/rewards/open-reward.ts";
import type { GroupReward, RewardContext } from "../../src/rewards/reward.ts";

interface CodeRecord {
  id: string;
  function: string;
  parameters: { language?: string };
  completions: string[];
  columns: { verification_info?: unknown[] };
  expected: unknown;
}

const file = path.join(process.env.GPGRAD_FIXTURES ?? "../shared/fixtures", "rewards/rewards_text.jsonl");
const records = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as CodeRecord);
const names: Readonly<Record<string, string>> = { code_reward: "code", binary_code_reward: "binary_code" };
const run = records.filter(({ function: name }) => name in names);
const extracted = records.filter(({ function: name }) => name === "extract_code");

const rewards = new Map<string, GroupReward>();
let refusal: string | undefined;
beforeAll(async () => {
  for (const [upstream, name] of Object.entries(names)) {
    const source = { kind: "registered", name, parameters: { compat: "upstream" } } as const;
    rewards.set(upstream, openReward({ name, source }));
  }
  await rewards.get("code_reward")!.prepare!([]).catch((error: Error) => {
    refusal = error.message;
    console.warn(`programs are not run: ${refusal}`);
  });
}, 60_000);

test("there are records", () => {
  expect(run.length).toBeGreaterThan(10);
  expect(extracted.length).toBeGreaterThan(10);
});

test.each(extracted)("$id: extract_code", ({ completions, parameters, expected }) => {
  expect(lastCodeBlock(completions[0]!, parameters.language!)).toBe(expected);
});

test.for(run)("$id: $function", async ({ function: name, completions, columns, expected }, { skip }) => {
  skip(refusal !== undefined, refusal);
  const scores = await Promise.all(
    completions.map(async (completion, index) => {
      const info = columns.verification_info![index];
      const problem = { id: `${index}`, prompt: "", answer: "", columns: { verification_info: info } };
      const context: RewardContext = { problem, completion, completionTokens: 1, finishReason: "stop" };
      return (await rewards.get(name)!.scoreGroup([context]))[0]!;
    }),
  );
  if (!Array.isArray(expected)) {
    // Upstream raises for the whole batch; here a row that cannot be run has no value.
    expect(scores.map(({ kind }) => kind)).toContain("unscorable");
    return;
  }
  expect(scores).toEqual(expected.map((value: number) => ({ kind: "value", value })));
});
