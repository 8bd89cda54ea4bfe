import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Score } from "../../../pipeline.ts";
import type { RewardContext } from "../../reward.ts";
import { createIoiCodeReward } from "./ioi-reward.ts";

interface Request {
  files: { name: string; content: string }[];
  [field: string]: unknown;
}

let requests: Request[] = [];
let atOnce = 0;
let mostAtOnce = 0;
let reply: (request: Request, index: number) => { status?: number; body: unknown } | null;

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const request = JSON.parse(Buffer.concat(chunks).toString()) as Request;
    requests.push({ ...request, url: incoming.url });
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    const answer = reply(request, requests.length - 1);
    setImmediate(() => {
      atOnce--;
      if (answer !== null) {
        outgoing.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
      }
    });
  });
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  atOnce = 0;
  mostAtOnce = 0;
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("PISTON_ENDPOINTS", `${address}/a/, ${address}/b`);
});
afterEach(() => vi.unstubAllEnvs());

const columns = {
  id: "Nile",
  subtask: "s1",
  time_limit: 2.5,
  memory_limit: 2 ** 28,
  score_precision: 2,
  grader_files: [
    ["graders/grader.cpp", "grader"],
    ["graders/empty", ""],
  ],
  test_names: ["0-1", "1-1", "1-2"],
  test_cases: { "0-1": ["in 0", "out 0"], "1-1": ["in 1", ""], "1-2": ["in 2", "out 2"] } as unknown,
};

function contextOf(completion: string, own: object = {}): RewardContext {
  const problem = { id: "p", prompt: "", answer: "", columns: { ...columns, ...own } };
  return { problem, completion, completionTokens: 1, finishReason: "stop" };
}

const program = "<think>\n```cpp\nno\n```\n</think>\n```cpp\nint x;\n```";
const printed = (stdout: string, more: object = {}) => ({
  body: { run: { stdout, stderr: "", code: 0, signal: null, ...more } },
});

async function score(context: RewardContext, parameters: object = {}, timeLimit = 30): Promise<Score> {
  const reward = createIoiCodeReward({ retries: 0, ...parameters }, { name: "ioi_code", timeLimit });
  const [result] = await reward.scoreGroup([context]);
  return result!;
}

const value = (number: number): Score => ({ kind: "value", value: number });

describe("ioi_code", () => {
  test("asks the package for each test as upstream does", async () => {
    reply = () => printed("1.0\n");
    expect(await score(contextOf(program))).toEqual(value(1));
    expect(requests.map(({ url }) => url).sort()).toEqual(["/a/execute", "/a/execute", "/b/execute"]);
    expect(requests[0]).toMatchObject({
      language: "cms_ioi",
      version: "*",
      run_timeout: 5500,
      run_memory_limit: 2 ** 28,
      files: [
        {
          name: "graders/nile.cpp",
          content: '#include <bits/stdc++.h>\n#include "Nile.h"\n\nusing namespace std;\n\nint x;\n',
        },
        { name: "input.txt", content: "in 0" },
        { name: "correct_output.txt", content: "out 0" },
        { name: "graders/grader.cpp", content: "grader" },
      ],
    });
    expect(requests[1]!.files.map(({ name }) => name)).not.toContain("correct_output.txt");
  });

  test("pays what the worst test does, rounded, and runs none behind a failure", async () => {
    reply = (_, index) => printed(["1", "0.125", "0.5"][index]!);
    expect(await score(contextOf(program))).toEqual(value(0.12));
    reply = () => printed("0.0", { stderr: "Output isn't correct" });
    requests = [];
    expect(await score(contextOf(program))).toEqual(value(0));
    expect(requests).toHaveLength(1);
  });

  test("runs as many tests at once as it may", async () => {
    reply = () => printed("1");
    await score(contextOf(program), { testBatchSize: 3 });
    expect(mostAtOnce).toBeLessThanOrEqual(2);
    expect(requests).toHaveLength(3);
    requests = [];
    reply = (_, index) => printed(index === 0 ? "0" : "1");
    expect(await score(contextOf(program), { testBatchSize: 2 })).toEqual(value(0));
    expect(requests).toHaveLength(2);
  });

  test("takes tests in the order of their names, too", async () => {
    reply = ({ files }) => printed(files[1]!.content === "b" ? "0.5" : "1");
    const own = {
      test_names: ["x", "y"],
      test_cases: [
        ["a", ""],
        ["b", ""],
      ],
    };
    expect(await score(contextOf(program, own))).toEqual(value(0.5));
  });

  test.each([
    [{ body: { compile: { code: 1, stderr: "no" }, run: { stdout: "1" } } }, 0],
    [printed("", { code: 1, stderr: "MemoryError" }), 0],
    [printed("", { code: null, signal: "SIGKILL" }), 0],
    [printed(""), 0],
  ])("%#: a failure of the program is 0", async (answer, expected) => {
    reply = () => answer;
    expect(await score(contextOf(program))).toEqual(value(expected));
  });

  test.each([
    [{ body: { message: "no such language" }, status: 400 }, /400 "no such language"/],
    [{ body: { message: "no such language" } }, /"no such language"/],
    [{ body: {} }, /no outcome/],
    [printed("fine"), /printed no score: "fine"/],
    [printed("2"), /printed no score: "2"/],
    [printed("", { code: 3, stderr: "broken" }), /exit code 3: "broken"/],
    [printed("1", { stderr: "Resource temporarily unavailable" }), /overloaded/],
  ])("%#: a failure of the server is an error, and upstream's 0", async (answer, reason) => {
    reply = () => answer;
    expect(await score(contextOf(program))).toEqual({
      kind: "error",
      reason: expect.stringMatching(reason),
    });
    expect(await score(contextOf(program), { compat: "upstream" })).toEqual(value(0));
  });

  test("is asked again elsewhere after what passes", async () => {
    reply = (_, index) => (index === 0 ? { body: {}, status: 503 } : printed("1"));
    expect(await score(contextOf(program), { retries: 1 })).toEqual(value(1));
    expect(requests.slice(0, 2).map(({ url }) => url)).toEqual(["/a/execute", "/b/execute"]);
  });

  test("ends with its time, which is a timeout", async () => {
    reply = () => null;
    expect(await score(contextOf(program), {}, 0.1)).toMatchObject({ kind: "timeout" });
  });

  test("runs no test without a program; upstream looks for one in the thought", async () => {
    reply = () => printed("1");
    const thought = "```cpp\nstd::x\n```\n</think>\nI do not know.";
    expect(await score(contextOf(thought))).toEqual(value(0));
    expect(requests).toHaveLength(0);
    expect(await score(contextOf(thought), { compat: "upstream" })).toEqual(value(1));
    expect(requests[0]!.files[0]!.content).toBe('#include <bits/stdc++.h>\n#include "Nile.h"\nstd::x\n');
  });

  test.each([
    [{ test_cases: undefined }, /missing in column test_cases; expected the tests' texts/],
    [{ test_cases: {} }, /column test_cases lacks "0-1"/],
    [{ id: "../x" }, /"..\/x" in column id/],
    [{ test_names: [] }, /test_names is empty/],
  ])("a row that is no subtask is unscorable, and refused before a run: %j", async (own, reason) => {
    expect(await score(contextOf(program, own))).toEqual({
      kind: "unscorable",
      reason: expect.stringMatching(reason),
    });
  });

  test("says what it needs before a run", async () => {
    const reward = createIoiCodeReward({}, { name: "ioi_code", timeLimit: 1 });
    await expect(reward.prepare!([contextOf("", { test_cases: 1 })])).rejects.toThrow(
      /^reward ioi_code: no IOI subtask: 1 in column test_cases/,
    );
    await expect(reward.prepare!([contextOf("")])).resolves.toBeUndefined();
    vi.stubEnv("PISTON_ENDPOINTS", "slurm");
    const slurm = createIoiCodeReward({}, { name: "ioi_code", timeLimit: 1 });
    await expect(slurm.prepare!([])).rejects.toThrow(/"slurm" is no Piston endpoint/);
    vi.stubEnv("PISTON_ENDPOINTS", "");
    const none = createIoiCodeReward({}, { name: "ioi_code", timeLimit: 1 });
    await expect(none.prepare!([])).rejects.toThrow(/PISTON_ENDPOINTS is not set/);
  });
});
