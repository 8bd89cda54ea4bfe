import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../../errors.ts";
import { createBubblewrap } from "../bubblewrap/bubblewrap.ts";
import type { Outcome, RunLimits, Sandbox } from "../sandbox.ts";
import { createE2b } from "./e2b.ts";
import { evaluationScript } from "./evaluation-script.ts";
import { createPiston } from "./piston.ts";

interface Request {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  text: string;
}

let requests: Request[] = [];
let reply: (request: Request, index: number) => Reply | null = () => null;

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const text = Buffer.concat(chunks).toString();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const request = { method: incoming.method!, url: incoming.url!, headers: incoming.headers, body };
    requests.push(request);
    const answer = reply(request, requests.length - 1);
    // No answer at all is a server that hangs.
    if (answer !== null) {
      outgoing.writeHead(answer.status ?? 200, answer.headers).end(answer.text);
    }
  });
});

let address: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
});

const limits: RunLimits = { seconds: 2, memoryMegabytes: 128, processes: 32, outputBytes: 1000 };
const never = new AbortController().signal;

async function runIn(sandbox: Sandbox, input = "in"): Promise<Outcome> {
  const program = await sandbox.open({ language: "python", source: "source" }, limits, never);
  return program!.run(input).finally(() => program!.close());
}

const json = (value: unknown, status = 200): Reply => ({ status, text: JSON.stringify(value) });

describe("Piston", () => {
  const piston = (retries = 0, apiKey: string | null = null) =>
    createPiston({ baseUrl: `${address}/api/v2/`, apiKey, retries });
  const run = (stage: object): Reply =>
    json({ run: { stdout: "", stderr: "", code: 0, signal: null, ...stage } });

  test("is asked for one run a test", async () => {
    reply = () => run({ stdout: "out\n" });
    expect(await runIn(piston(0, "key"))).toEqual({ kind: "finished", exitCode: 0, output: "out\n" });
    expect(requests).toMatchObject([
      {
        method: "POST",
        url: "/api/v2/execute",
        headers: { authorization: "key", "content-type": "application/json" },
        body: {
          language: "python",
          version: "*",
          files: [{ name: "main.py", content: "source" }],
          stdin: "in",
          run_timeout: 2000,
          run_memory_limit: 128 * 2 ** 20,
        },
      },
    ]);
  });

  test.each([
    [run({ code: 3 }), { kind: "finished", exitCode: 3, output: "" }],
    [run({ code: null, signal: "SIGSEGV" }), { kind: "finished", exitCode: 1, output: "" }],
    [run({ code: null, signal: "SIGKILL" }), { kind: "over", limit: "time" }],
    [run({ code: null, signal: "SIGKILL", status: "TO" }), { kind: "over", limit: "time" }],
    [run({ code: null, signal: "SIGKILL", status: "OL" }), { kind: "over", limit: "output" }],
    [run({ stdout: "x".repeat(2000) }), { kind: "over", limit: "output" }],
    [run({ stdout: "x".repeat(1_000_000) }), { kind: "over", limit: "output" }],
    [json({ compile: { stdout: "", code: 2 } }), { kind: "finished", exitCode: 2, output: "" }],
  ] satisfies [Reply, Outcome][])("%#: its answer is an outcome", async (answer, outcome) => {
    reply = () => answer;
    expect(await runIn(piston())).toEqual(outcome);
  });

  test.each([
    [json({ message: "run_timeout cannot exceed 1000" }, 400), /400 "run_timeout cannot exceed 1000"$/],
    [{ text: "<html>" }, /Piston gave no outcome: "<html>"/],
    [run({ status: "XX", message: "no disk" }), /Piston gave no outcome: "no disk"/],
  ] satisfies [Reply, RegExp][])("%#: its failure is not the program's", async (answer, message) => {
    reply = () => answer;
    await expect(runIn(piston())).rejects.toThrow(message);
    const refusal: unknown = await piston()
      .prepare("python", limits)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect((refusal as Error).message).toMatch(message.source.startsWith("400") ? /check its/ : /Piston/);
  });

  test("is asked again after what passes, and only then", async () => {
    reply = (_, index) => (index === 0 ? json({ message: "busy" }, 503) : run({ stdout: "ready\n" }));
    await piston(1).prepare("python", limits);
    expect(requests).toHaveLength(2);
    reply = () => json({ message: "bad" }, 400);
    requests = [];
    await expect(runIn(piston(3))).rejects.toThrow('400 "bad"');
    expect(requests).toHaveLength(1);
  });

  test("is asked again no sooner than the date it names", async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    const stop = new AbortController();
    reply = () => {
      // Longer than the usual wait before another try.
      setTimeout(() => stop.abort(new Error("enough waited")), 1000);
      return { ...json({ message: "busy" }, 429), headers: { "Retry-After": later } };
    };
    const program = await piston(1).open({ language: "python", source: "" }, limits, stop.signal);
    await expect(program!.run("")).rejects.toThrow("enough waited");
    expect(requests).toHaveLength(1);
  });

  test("is not waited for longer than there is time", async () => {
    reply = () => null;
    const program = await piston().open({ language: "python", source: "" }, limits, AbortSignal.timeout(50));
    await expect(program!.run("")).rejects.toThrow(/timeout/);
  });
});

describe("E2B", () => {
  const e2b = () =>
    createE2b({ baseUrl: address, apiKey: "key", retries: 0, codeUrl: (id) => `${address}/code/${id}` });
  const stream = (...events: object[]): Reply => ({
    text: events.map((each) => `${JSON.stringify(each)}\n`).join(""),
  });
  const report = (over: string | null, exitCode: number, output: string) =>
    stream(
      { type: "number_of_executions", execution_count: 1 },
      {
        type: "stdout",
        text: JSON.stringify({ over, exitCode, output: Buffer.from(output).toString("base64") }),
      },
      { type: "end_of_execution" },
    );
  const serve = (code: Reply): void => {
    reply = ({ method, url }) => {
      if (method === "DELETE") {
        return { status: 204, text: "" };
      }
      return url === "/sandboxes" ? json({ sandboxID: "box-1", envdAccessToken: "token" }, 201) : code;
    };
  };

  test("gets a sandbox a program, without the internet, and gives it back", async () => {
    serve(report(null, 0, "out\n"));
    expect(await runIn(e2b())).toEqual({ kind: "finished", exitCode: 0, output: "out\n" });
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /sandboxes",
      "POST /code/box-1",
      "DELETE /sandboxes/box-1",
    ]);
    expect(requests[0]).toMatchObject({
      headers: { "x-api-key": "key" },
      body: { templateID: "code-interpreter-v1", allow_internet_access: false },
    });
    expect(requests[1]).toMatchObject({
      headers: { "x-access-token": "token" },
      body: { language: "python" },
    });
    expect(requests[1]!.headers).not.toHaveProperty("x-api-key");
  });

  test.each([
    [report(null, 3, "a"), { kind: "finished", exitCode: 3, output: "a" }],
    [report("time", 1, ""), { kind: "over", limit: "time" }],
    [report("output", 0, ""), { kind: "over", limit: "output" }],
  ] satisfies [Reply, Outcome][])("%#: its answer is an outcome", async (answer, outcome) => {
    serve(answer);
    expect(await runIn(e2b())).toEqual(outcome);
  });

  test.each([
    [
      stream({ type: "error", name: "MemoryError", value: "all gone" }),
      /evaluation failed: "MemoryError: all gone"/,
    ],
    [stream({ type: "stdout", text: "hello" }), /gave no outcome: "hello"/],
    [json({ message: "no such key" }, 401), /401 "no such key"/],
  ] satisfies [Reply, RegExp][])("%#: its failure is not the program's", async (answer, message) => {
    serve(answer);
    await expect(runIn(e2b())).rejects.toThrow(message);
    await expect(e2b().prepare("python", limits)).rejects.toThrow(ConfigError);
    expect(requests.filter(({ method }) => method === "DELETE")).toHaveLength(2);
  });

  test("does not run TypeScript, and says what does", async () => {
    await expect(e2b().prepare("typescript", limits)).rejects.toThrow(
      /not typescript; use "sandbox": "bubblewrap"/,
    );
  });
});

describe("the script that E2B runs", () => {
  const sandbox = createBubblewrap();
  const own = { ...limits, seconds: 10, memoryMegabytes: 512 };
  let refusal: string | undefined;
  beforeAll(async () => {
    await sandbox.prepare("python", own).catch((error: Error) => {
      refusal = error.message;
      console.warn(`E2B's script is not run: ${refusal}`);
    });
  }, 60_000);

  test.for([
    ["print(int(input()) * 2)", { over: null, exitCode: 0, output: Buffer.from("42\n").toString("base64") }],
    ["import sys; sys.exit(3)", { over: null, exitCode: 3, output: "" }],
    ["while True: pass", { over: "time", exitCode: 1, output: "" }],
    ["print('x' * 5000)", { over: "output", exitCode: 0, output: "" }],
  ] as const)("reports what a program does: %s", async ([source, expected], { skip }) => {
    skip(refusal !== undefined, refusal);
    const run = { ...limits, seconds: 1, command: "python3", file: "main.py", source, input: "21" };
    const script = await sandbox.open({ language: "python", source: evaluationScript(run) }, own, never);
    const outcome = await script!.run("");
    expect(outcome).toMatchObject({ kind: "finished", exitCode: 0 });
    expect(JSON.parse((outcome as { output: string }).output)).toEqual(expected);
  });
});
