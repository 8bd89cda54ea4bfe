import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { RewardContext } from "../reward.ts";
import { createRewardPool } from "./pool.ts";

const folder = mkdtempSync(path.join(tmpdir(), "gpgrad-pool-"));
const pool = createRewardPool({ workers: 2, memoryMegabytes: 64, makeSeconds: 2 });
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

const problem = { id: "x", prompt: "", answer: "4", columns: { level: 3 } };
const contextOf = (completion: string): RewardContext => ({
  problem,
  completion,
  completionTokens: 1,
  finishReason: "stop",
});

function write(name: string, source: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, source);
  return file;
}

/** Does what the completion says. */
const obedient = write(
  "obedient.ts",
  `import type { RewardContext } from "gpgrad";
let calls: number = 0;
export default async function obey({ completion, problem }: RewardContext, parameters: unknown) {
  calls++;
  switch (completion) {
    case "hang": return /^(a+)+$/.test("a".repeat(60) + "b") ? 1 : 0;
    case "loop": for (;;) {}
    case "never": return new Promise<number>(() => {});
    case "exit": return process.exit(7);
    case "memory": { const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(calls)); }
    case "throw": throw new Error("boom");
    case "later": setTimeout(() => { throw new Error("late"); }, 0); return new Promise<number>(() => {});
    case "columns": return problem.columns.level as number;
    case "parameters": return (parameters as { value: number }).value;
    case "wrong": return "one";
    case "unscorable": return { kind: "unscorable", reason: "no gold", secret: () => 1 };
    default: return Number(completion);
  }
}
`,
);

const request = (file: string, changes: object = {}) => ({
  name: "own",
  source: { kind: "file" as const, file, export: "default", parameters: { value: 0.25 } },
  timeLimitSeconds: 0.3,
  ...changes,
});

test("rewards judge in threads, with the row's columns and the recipe's parameters at hand", async () => {
  const completions = ["2", "columns", "parameters", "throw", "wrong", "unscorable"];
  expect(await pool.score(request(obedient), completions.map(contextOf))).toEqual([
    { kind: "value", value: 2 },
    { kind: "value", value: 3 },
    { kind: "value", value: 0.25 },
    { kind: "error", reason: `reward obedient.ts failed: ${obedient}:11: boom` },
    {
      kind: "error",
      reason: `${obedient}:3: the reward gave "one"; expected a finite number or a score such as { kind: "value", value: 1 }`,
    },
    { kind: "unscorable", reason: "no gold" },
  ]);
});

test("a call that hangs or ends its worker costs its own verdict and no other", async () => {
  const fatal = ["hang", "loop", "never", "exit", "memory", "later"];
  const completions = fatal.flatMap((each, index) => [String(index), each, String(10 + index)]);
  const scores = await pool.score(request(obedient), completions.map(contextOf));
  expect(
    scores.map((score) => (score.kind === "value" ? score.value : `${score.kind}: ${score.reason}`)),
  ).toEqual([
    0,
    "timeout: reward own gave no verdict within 0.3 seconds",
    10,
    1,
    "timeout: reward own gave no verdict within 0.3 seconds",
    11,
    2,
    "timeout: reward own gave no verdict within 0.3 seconds",
    12,
    3,
    "error: reward own ended its thread with exit code 7",
    13,
    4,
    "error: reward own took more than 64 MB of memory",
    14,
    5,
    "error: reward own ended its thread: late",
    15,
  ]);
});
