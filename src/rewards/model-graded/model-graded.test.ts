import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import type { RewardContext } from "../reward.ts";
import { createModelGradedReward } from "./model-graded.ts";

interface Request {
  url: string;
  headers: IncomingHttpHeaders;
  body: { model: string; messages: { role: string; content: string }[]; [field: string]: unknown };
  time: number;
}

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  content?: string;
  raw?: string;
  /** No answer at all. */
  hang?: true;
  /** Milliseconds. */
  after?: number;
}

let requests: Request[] = [];
let inFlight = 0;
let mostInFlight = 0;
/** What the server says to the n-th request. */
let reply: (request: Request, index: number) => Reply = () => ({ content: "<score>1</score>" });

const server = createServer((incoming, outgoing) => {
  mostInFlight = Math.max(mostInFlight, ++inFlight);
  outgoing.on("close", () => inFlight--);
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const request = {
      url: incoming.url!,
      headers: incoming.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()) as Request["body"],
      time: performance.now(),
    };
    requests.push(request);
    const { status = 200, headers = {}, content, raw, hang, after = 0 } = reply(request, requests.length - 1);
    if (hang) {
      return;
    }
    setTimeout(() => {
      outgoing.writeHead(status, { "Content-Type": "application/json", ...headers });
      outgoing.end(raw ?? JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
    }, after);
  });
});

let baseUrl: string;
let cache: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  mostInFlight = 0;
  reply = () => ({ content: "<score>1</score>" });
  cache = mkdtempSync(path.join(tmpdir(), "gpgrad-answers-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

const contextOf = (completion: string): RewardContext => ({
  problem: {
    id: "p/1",
    prompt: [
      { role: "system", content: "Think." },
      { role: "user", content: "What is 2+2?" },
    ],
    answer: "4",
    columns: { level: 3, hint: "add" },
  },
  completion,
  completionTokens: 1,
  finishReason: "stop",
});

const create = (parameters: object = {}, timeLimit = 5) =>
  createModelGradedReward(
    { baseUrl, model: "judge", prompt: "{question} {completion}", cache: null, ...parameters },
    { name: "judged", timeLimit, firstWait: 0.02 },
  );

const judge = (parameters: object, ...completions: string[]) =>
  create(parameters).scoreGroup(completions.map(contextOf));

const value = (value: number) => ({ kind: "value", value });
const errorWith = (text: string) => ({ kind: "error", reason: expect.stringContaining(text) });

test("asks the endpoint with the question, the answer, the completion and columns, and nothing filled in twice", async () => {
  process.env.GPGRAD_TEST_KEY = " sk-secret\n";
  const scores = await judge(
    {
      baseUrl: `${baseUrl}/`,
      apiKeyVariable: "GPGRAD_TEST_KEY",
      systemPrompt: "Grade level {columns.level}.",
      prompt: 'Q {question} A {answer} H {columns.hint} C {completion} reply {"score": 1}',
      body: { seed: 7, max_tokens: null, max_completion_tokens: 9 },
    },
    "it is {answer} $& {columns.level}",
  );
  expect(scores).toEqual([value(1)]);
  expect(requests).toMatchObject([
    { url: "/v1/chat/completions", headers: { authorization: "Bearer sk-secret" } },
  ]);
  expect(requests[0]!.body).toEqual({
    model: "judge",
    messages: [
      { role: "system", content: "Grade level 3." },
      {
        role: "user",
        content: 'Q What is 2+2? A 4 H add C it is {answer} $& {columns.level} reply {"score": 1}',
      },
    ],
    temperature: 0,
    seed: 7,
    max_completion_tokens: 9,
  });
});

test("a column that is not there is an error that names those that are", async () => {
  expect(await judge({ prompt: "{completion} {columns.rubric}" }, "a")).toEqual([
    errorWith('names column "rubric", which problem p/1 has not (columns: level, hint)'),
  ]);
  expect(requests).toEqual([]);
});

describe("the verdict", () => {
  test.each<[object, string, unknown]>([
    [{}, "I first said <score>0</score>, now <score> 0.5 </score>.", value(0.5)],
    [{}, "<score>1", errorWith("has no <score>...</score>")],
    [{}, "<score>one</score>", errorWith('"one" is not a number')],
    [{}, "<score></score>", errorWith("is not a number")],
    [{}, "<score>7</score>", errorWith("7 is not from 0 to 1")],
    [{}, "<score>NaN</score>", errorWith("is not a number")],
    [{ range: [1, 10] }, "<score>7</score>", value(7)],
    [{ verdict: { field: "score" } }, 'So: ```json\n{"why": "{", "score": 0.25}\n```', value(0.25)],
    [{ verdict: { field: "score" } }, '{"score": {"a": 1}} then {"score": true}', value(1)],
    [{ verdict: { field: "score" } }, '{"points": 1}', errorWith('no JSON object with the field "score"')],
    [{ verdict: { field: "score" } }, "{".repeat(300), errorWith("no JSON object")],
    [{ verdict: { pattern: "Grade: (\\d)" } }, "Grade: 0\nGrade: 1", value(1)],
    [{ verdict: { pattern: "Grade: (\\d)" } }, "none", errorWith("no match of /Grade: (\\d)/")],
    [{ verdict: { pattern: "^(a+)+$" } }, `${"a".repeat(60)}b`, errorWith("took longer than 1 seconds")],
    [{ verdict: { tag: "v" }, values: { Yes: 1, no: 0 } }, "<v> YES </v>", value(1)],
    [
      { verdict: { tag: "v" }, values: { yes: 1, no: 0 } },
      "<v>maybe</v>",
      errorWith('"maybe" is none of yes, no'),
    ],
  ])("as %j in %j", async (parameters, content, score) => {
    reply = () => ({ content });
    expect(await judge(parameters, "a")).toEqual([score]);
  });
});

describe("an endpoint that fails", () => {
  test("in passing is asked again", async () => {
    reply = (_, index) =>
      index < 3 ? { status: [500, 429, 503][index]!, raw: "busy" } : { content: "<score>1</score>" };
    expect(await judge({}, "a")).toEqual([value(1)]);
    expect(requests).toHaveLength(4);
  });

  test("is asked again no sooner than it says", async () => {
    reply = (_, index) =>
      index === 0 ? { status: 429, headers: { "Retry-After": "1" } } : { content: "<score>1</score>" };
    expect(await judge({}, "a")).toEqual([value(1)]);
    expect(requests[1]!.time - requests[0]!.time).toBeGreaterThan(990);
  });

  test("and asks for a longer wait than there is time is a timeout at once", async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    reply = () => ({
      status: 429,
      headers: { "Retry-After": later },
      raw: '{"error": {"message": "slow down"}}',
    });
    const [score] = await judge({}, "a");
    expect(score).toEqual({
      kind: "timeout",
      reason: expect.stringMatching(/429 "slow down"; no time to wait 3[56]\d\d/),
    });
  });

  test("for good is an error at once, without the key in it", async () => {
    process.env.GPGRAD_TEST_KEY = "sk-secret";
    reply = () => ({ status: 401, raw: '{"error": {"message": "no such key: sk-secret"}}' });
    expect(await judge({ apiKeyVariable: "GPGRAD_TEST_KEY" }, "a")).toEqual([
      errorWith('chat/completions: 401 "no such key: ***"'),
    ]);
    expect(requests).toHaveLength(1);
  });

  test("too often is an error", async () => {
    reply = () => ({ status: 500, raw: "broken" });
    expect(await judge({ retries: 2 }, "a")).toEqual([errorWith('500 "broken" (tried 3 times)')]);
  });

  test("by never answering is a timeout", async () => {
    reply = () => ({ hang: true });
    const [score] = await create({}, 0.3).scoreGroup([contextOf("a")]);
    expect(score).toEqual({
      kind: "timeout",
      reason: `reward judged: ${baseUrl}/chat/completions: no answer within 0.3 seconds`,
    });
  });

  test("by not being there is an error that says so", async () => {
    expect(await judge({ baseUrl: "http://127.0.0.1:1/v1", retries: 0 }, "a")).toEqual([
      errorWith("127.0.0.1:1/v1/chat/completions: "),
    ]);
  });

  test.each(["", "not JSON", "{}", '{"choices": []}', '{"choices": [{"message": {"content": null}}]}'])(
    "by answering %j is an error",
    async (raw) => {
      reply = () => ({ raw });
      expect(await judge({}, "a")).toEqual([errorWith("not the answer of a chat")]);
    },
  );
});

test("costs one completion its verdict and no other", async () => {
  reply = ({ body }) =>
    body.messages[0]!.content.endsWith("bad")
      ? { status: 400, raw: "no" }
      : { content: "<score>0.5</score>" };
  expect(await judge({}, "a", "bad", "b")).toEqual([value(0.5), errorWith('400 "no"'), value(0.5)]);
});

test("has no more requests at once than allowed, and asks for equal completions once", async () => {
  reply = () => ({ content: "<score>1</score>", after: 20 });
  const completions = Array.from({ length: 30 }, (_, index) => String(index % 15));
  expect(await judge({ concurrency: 3 }, ...completions)).toEqual(completions.map(() => value(1)));
  expect(requests).toHaveLength(15);
  expect(mostInFlight).toBe(3);
});

test("keeps answers on disk by everything that decides them", async () => {
  const ask = (parameters: object, completion = "a") => judge({ cache, ...parameters }, completion);
  reply = (_, index) => ({ content: `<score>${index / 10}</score>` });
  expect(await ask({})).toEqual([value(0)]);
  expect(await ask({})).toEqual([value(0)]);
  expect(requests).toHaveLength(1);
  const others = [
    { model: "other" },
    { prompt: "{completion}!" },
    { systemPrompt: "x" },
    { temperature: 1 },
    { maxTokens: 5 },
    { body: { seed: 1 } },
  ];
  for (const [index, parameters] of others.entries()) {
    expect(await ask(parameters)).toEqual([value((index + 1) / 10)]);
  }
  expect(await ask({}, "b")).toEqual([value(0.7)]);
  // How the verdict is read does not change what was answered.
  expect(await ask({ verdict: { pattern: "[\\d.]+" } })).toEqual([value(0)]);
  expect(requests).toHaveLength(8);
  expect(
    readdirSync(cache, { recursive: true }).filter((name) => String(name).endsWith(".json")),
  ).toHaveLength(8);
});

test("keeps no answer without a verdict", async () => {
  reply = (_, index) => ({ content: index === 0 ? "hm" : "<score>1</score>" });
  expect(await judge({ cache }, "a")).toEqual([errorWith("no <score>")]);
  expect(await judge({ cache }, "a")).toEqual([value(1)]);
});

test.each<[object, string]>([
  [{ apiKeyVariable: "GPGRAD_NOT_SET" }, "environment variable GPGRAD_NOT_SET is not set"],
  [{ baseUrl: "ftp://x" }, '"baseUrl" cannot be "ftp://x": an http or https address'],
  [{ prompt: "hello" }, "it must hold {completion}"],
  [{ verdict: { pattern: "(" } }, '"verdict.pattern" cannot be "(": it is not a regular expression'],
  [{ range: [1, 0] }, "the lowest number comes first"],
  [{ temprature: 1 }, 'unknown parameter "temprature"; did you mean "temperature"?'],
])("refuses %j", (parameters, message) => {
  expect(() => create(parameters)).toThrow(ConfigError);
  expect(() => create(parameters)).toThrow(message);
});
