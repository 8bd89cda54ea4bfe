import { expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import type { Score } from "../../pipeline.ts";
import type { RewardContext } from "../reward.ts";
import { createCodeReward } from "./code-reward.ts";
import type { Outcome, Program, Sandbox } from "./sandbox.ts";

/** A language of one's own: a program is a list of what it does for each test in turn. */
function recitingSandbox(): Sandbox & {
  opened: Program[];
  runs: number;
  closed: number;
  mostAtOnce: number;
} {
  let atOnce = 0;
  const sandbox = {
    opened: [] as Program[],
    runs: 0,
    closed: 0,
    mostAtOnce: 0,
    async prepare(language: string) {
      if (language === "javascript") {
        throw new ConfigError("no JavaScript here");
      }
    },
    async open(program: Program, _: unknown, signal: AbortSignal) {
      sandbox.opened.push(program);
      sandbox.mostAtOnce = Math.max(sandbox.mostAtOnce, ++atOnce);
      const lines = program.source.trim().split("\n");
      if (lines[0] === "syntax error") {
        atOnce--;
        return null;
      }
      return {
        async run(input: string): Promise<Outcome> {
          const line = lines[sandbox.runs++ % lines.length]!;
          await new Promise((resolve) => setTimeout(resolve, 1));
          switch (line) {
            case "hangs":
              return { kind: "over", limit: "time" };
            case "floods":
              return { kind: "over", limit: "output" };
            case "fails":
              return { kind: "finished", exitCode: 1, output: input };
            case "breaks":
              throw new Error("no sandbox today");
            case "waits":
              return new Promise((_, reject) =>
                signal.addEventListener("abort", () => reject(signal.reason as Error)),
              );
            default:
              return { kind: "finished", exitCode: 0, output: line === "echoes" ? `${input}\r\n` : line };
          }
        },
        async close() {
          atOnce--;
          sandbox.closed++;
        },
      };
    },
  };
  return sandbox;
}

const cases = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ input: `${index}`, output: `${index}` }));

const contextOf = (
  program: string,
  info: unknown = { language: "python", test_cases: cases(4) },
): RewardContext => ({
  problem: { id: "p", prompt: "", answer: "", columns: { verification_info: info } },
  completion: `<think>\n\`\`\`python\nno\n\`\`\`\n</think>\n\`\`\`python\n${program}\n\`\`\``,
  completionTokens: 1,
  finishReason: "stop",
});

async function scored(
  contexts: readonly RewardContext[],
  {
    kind = "code",
    timeLimit = 10,
    ...parameters
  }: { kind?: "code" | "binary_code"; timeLimit?: number; [key: string]: unknown } = {},
): Promise<{ scores: readonly Score[]; sandbox: ReturnType<typeof recitingSandbox> }> {
  const sandbox = recitingSandbox();
  const reward = createCodeReward(
    kind,
    { concurrency: 1, ...parameters },
    { name: kind, timeLimit, sandbox },
  );
  return { scores: await reward.scoreGroup(contexts), sandbox };
}

const value = (number: number): Score => ({ kind: "value", value: number });

test("pays the share of tests passed, or all or nothing", async () => {
  const programs = ["echoes", "0\n1\nfails\n9", "fails", "syntax error"].map((program) => contextOf(program));
  expect((await scored(programs)).scores).toEqual([value(1), value(0.5), value(0), value(0)]);
  const binary = await scored(programs, { kind: "binary_code" });
  expect(binary.scores).toEqual([value(1), value(0), value(0), value(0)]);
  // Four, three up to the failure and one.
  expect(binary.sandbox.runs).toBe(8);
  expect(binary.sandbox.closed).toBe(3);
});

test("a program pays for what it does, and no other does", async () => {
  const { scores } = await scored(
    ["hangs", "floods", "breaks", "echoes"].map((program) => contextOf(program)),
  );
  expect(scores).toEqual([
    value(0),
    value(0),
    { kind: "error", reason: "reward code: no sandbox today" },
    value(1),
  ]);
});

test("gives a program that hangs no more than three tests; upstream one", async () => {
  const context = contextOf("hangs", { test_cases: cases(50) });
  expect((await scored([context])).sandbox.runs).toBe(3);
  const mixed = contextOf("echoes\nhangs\nechoes\nechoes");
  expect((await scored([mixed])).scores).toEqual([value(0.75)]);
  const upstream = await scored([mixed], { compat: "upstream" });
  expect(upstream.scores).toEqual([value(0)]);
  expect(upstream.sandbox.runs).toBe(2);
});

test("ends with its time, which is a timeout", async () => {
  const { scores, sandbox } = await scored([contextOf("waits")], { timeLimit: 0.05 });
  expect(scores).toEqual([{ kind: "timeout", reason: "reward code: its tests took more than 0.05 seconds" }]);
  expect(sandbox.closed).toBe(1);
});

test("runs the same program once, and no more at once than it may", async () => {
  const contexts = ["echoes", "echoes", "fails", "1"].map((program) => contextOf(program));
  const { sandbox } = await scored(contexts, { concurrency: 2 });
  expect(sandbox.opened).toHaveLength(3);
  expect(sandbox.mostAtOnce).toBe(2);
});

test("never runs what is no program", async () => {
  const context = { ...contextOf(""), completion: "print(1)" };
  const { scores, sandbox } = await scored([context]);
  expect(scores).toEqual([value(0)]);
  expect(sandbox.opened).toEqual([]);
});

test.each([
  [null, /^no tests in column verification_info: null/],
  ["{broken", /^no tests in column/],
  [{ test_cases: [] }, /has no tests/],
  [{ test_cases: [{ input: 1, output: "1" }] }, /test_cases\.0\.input/],
  [
    { language: "cpp", test_cases: cases(1) },
    /programs in "cpp" cannot be run \(known: python, javascript, typescript\)/,
  ],
  [{ test_cases: [{ input: "1", output: "1", type: "function_call", fn_name: "f" }] }, /call a function/],
])("problems without tests that can be run are unscorable: %j", async (info, reason) => {
  const { scores } = await scored([contextOf("echoes", info)]);
  expect(scores).toEqual([{ kind: "unscorable", reason: expect.stringMatching(reason) }]);
});

test("reads tests from JSON, from another column, in any spelling of the language", async () => {
  const info = JSON.stringify({ language: "Py", test_cases: cases(1) });
  expect((await scored([contextOf("echoes", info)])).scores).toEqual([value(1)]);
  const { problem, ...rest } = contextOf("echoes");
  const moved = { ...rest, problem: { ...problem, columns: { tests: info } } };
  expect((await scored([moved], { column: "tests" })).scores).toEqual([value(1)]);
});

test("upstream forgives one test in more than a hundred", async () => {
  const program = [
    "fails",
    ...cases(200)
      .slice(1)
      .map(({ output }) => output),
  ].join("\n");
  const context = contextOf(program, { test_cases: cases(200) });
  expect((await scored([context], { kind: "binary_code", compat: "upstream" })).scores).toEqual([value(1)]);
  expect((await scored([context], { kind: "binary_code" })).scores).toEqual([value(0)]);
});

test("upstream never runs what cannot be an argument", async () => {
  const contexts = ["\u{1f600}", "a\0b", "x".repeat(140_000)].map((program) => contextOf(program));
  const { scores, sandbox } = await scored(contexts, { compat: "upstream" });
  expect(scores).toEqual([value(0), value(0), value(0)]);
  expect(sandbox.opened).toEqual([]);
});

test("is prepared for the languages of the problems", async () => {
  const sandbox = recitingSandbox();
  const reward = createCodeReward("code", {}, { name: "code", timeLimit: 1, sandbox });
  await reward.prepare!([contextOf("echoes")]);
  const script = contextOf("echoes", { language: "js", test_cases: cases(1) });
  await expect(reward.prepare!([contextOf("echoes"), script])).rejects.toThrow("no JavaScript here");
});

test.each([
  [{ sandbox: "none" }, /^reward code: "sandbox" cannot be "none"/],
  [{ sandbox: "piston" }, /^reward code: the environment variable PISTON_URL is not set/],
  [{ sandbox: "e2b", apiKeyVariable: "GPGRAD_NO_KEY" }, /GPGRAD_NO_KEY is not set/],
  [{ testSeconds: 0 }, /"testSeconds" cannot be 0/],
])("refuses %j", (parameters, message) => {
  expect(() => createCodeReward("code", parameters, { name: "code", timeLimit: 1 })).toThrow(message);
});
