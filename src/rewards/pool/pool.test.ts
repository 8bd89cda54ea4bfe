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
    case "buffers": { const all: unknown[] = []; for (;;) all.push(new Uint8Array(1e7).fill(calls)); }
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
  const fatal = ["hang", "loop", "never", "exit", "later"];
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
    "error: reward own ended its thread: late",
    14,
  ]);
});

test("a call that waits for a program does not keep the others waiting", async () => {
  const stop = path.join(folder, "stop");
  const waiting = write(
    "waiting.mjs",
    `import { execSync } from "node:child_process";
export default ({ completion }) =>
  completion === "wait" ? execSync('until [ -e "${stop}" ]; do sleep 0.05; done') : 1;
`,
  );
  const scores = await pool.score(request(waiting), ["wait", "on"].map(contextOf));
  writeFileSync(stop, "");
  expect(scores).toEqual([
    { kind: "timeout", reason: "reward own gave no verdict within 0.3 seconds" },
    { kind: "value", value: 1 },
  ]);
});

test("a call that takes more memory than a worker may have is an error", async () => {
  const scores = await pool.score(
    request(obedient, { timeLimitSeconds: 60 }),
    ["1", "memory", "2", "buffers", "3"].map(contextOf),
  );
  expect(scores).toEqual([
    { kind: "value", value: 1 },
    { kind: "error", reason: "reward own took more than 64 MB of memory" },
    { kind: "value", value: 2 },
    { kind: "error", reason: "reward own took more than 256 MB of memory" },
    { kind: "value", value: 3 },
  ]);
});

const whole = write(
  "whole.mjs",
  `export const ranks = {
  async scoreGroup(contexts) {
    const lengths = contexts.map(({ completion }) => completion.length);
    if (lengths.includes(0)) for (;;) {}
    return lengths.map((length) => lengths.filter((other) => other < length).length);
  },
};
export const short = { scoreGroup: () => [1] };
export const notOne = 5;
`,
);
const exported = (name: string) =>
  request(whole, { source: { kind: "file", file: whole, export: name, parameters: {} } });

test("a reward of whole groups has all of them before it, and ends with all of them", async () => {
  expect(await pool.score(exported("ranks"), ["aaa", "a", "aa"].map(contextOf))).toEqual(
    [2, 0, 1].map((value) => ({ kind: "value", value })),
  );
  expect(await pool.score(exported("ranks"), ["aaa", ""].map(contextOf))).toEqual(
    [1, 2].map(() => ({ kind: "timeout", reason: "reward own gave no verdict within 0.3 seconds" })),
  );
  const [short] = await pool.score(exported("short"), ["a", "b"].map(contextOf));
  expect(short).toEqual({
    kind: "error",
    reason: `reward whole.mjs failed: ${whole}:8: scoreGroup gave 1 results for 2 completions`,
  });
});

test.each<[string, string, string, string]>([
  ["nothing.ts", "", "default", 'FILE: there is no export "default"; known: none'],
  [
    "misspelt.ts",
    "export const rewrad = () => 1;",
    "reward",
    'FILE: there is no export "reward"; did you mean "rewrad"? (known: rewrad)',
  ],
  ["syntax.ts", "\nexport default (x: number) => x +;\n", "default", "FILE:2: Expression expected"],
  ["syntax.mjs", "\n\nexport default (x) => x +;\n", "default", "FILE:3: Expression expected"],
  [
    "enum.ts",
    "\nenum A { b }\nexport default () => A.b;",
    "default",
    "FILE:2: TypeScript enum is not supported in strip-only mode",
  ],
  [
    "five.ts",
    "// five\nexport default 5;",
    "default",
    "FILE:2: export default is of type number; expected a function of (context, parameters), or an object with such a function scoreGroup",
  ],
  ["throws.mjs", "\n\nthrow new Error('not today');", "default", "FILE:3: not today"],
  ["hangs.mjs", "for (;;) {}", "default", "reward own was not there within 2 seconds"],
  [
    "away.ts",
    'import { a } from "./away-helper.ts";\nexport default () => a;',
    "default",
    "FILE: Cannot find module",
  ],
])("a file that cannot be used is told by file and line: %s", async (name, source, wanted, words) => {
  const file = write(name, source);
  const own = request(file, { source: { kind: "file", file, export: wanted, parameters: {} } });
  const [score] = await pool.score(own, [contextOf("a")]);
  const reason = words.replace("FILE", file);
  expect(score).toEqual({ kind: "error", reason: expect.stringContaining(reason) });
});

test("TypeScript may import TypeScript", async () => {
  write("pay.ts", "export const pay: number = 0.75;");
  const file = write(
    "imports.ts",
    'import { pay } from "./pay.ts";\nexport default async (): Promise<number> => pay;',
  );
  expect(await pool.score(request(file), [contextOf("a")])).toEqual([{ kind: "value", value: 0.75 }]);
});

test("a column that cannot be copied between threads is an error", async () => {
  const odd = { ...contextOf("1"), problem: { ...problem, columns: { read: () => 1 } } };
  const [score] = await pool.score(request(obedient), [odd]);
  expect(score).toMatchObject({ kind: "error", reason: expect.stringContaining("could not be cloned") });
  expect(await pool.score(request(obedient), [contextOf("1")])).toEqual([{ kind: "value", value: 1 }]);
});

test("more groups than workers are all judged, each in its order", async () => {
  const groups = Array.from({ length: 40 }, (_, group) =>
    Array.from({ length: 8 }, (_, index) =>
      contextOf(group % 7 === 3 && index === 5 ? "exit" : String(group * 8 + index)),
    ),
  );
  const scores = await Promise.all(groups.map((group) => pool.score(request(obedient), group)));
  for (const [group, each] of scores.entries()) {
    expect(each.map((score) => (score.kind === "value" ? score.value : score.kind))).toEqual(
      groups[group].map(({ completion }) => (completion === "exit" ? "error" : Number(completion))),
    );
  }
});

test("a reward that does not load in time is waited for once", async () => {
  const file = write("endless.ts", "for (;;) {}\n");
  const late = { kind: "error", reason: "reward own was not there within 2 seconds" };
  expect(await pool.score(request(file), [contextOf("1"), contextOf("2")])).toEqual([late, late]);
  const start = performance.now();
  expect(await pool.score(request(file), [contextOf("3")])).toEqual([late]);
  expect(performance.now() - start).toBeLessThan(1000);
  const sound = write("sound.ts", "export default () => 1;\n");
  expect(await pool.score(request(sound), [contextOf("4")])).toEqual([{ kind: "value", value: 1 }]);
});
