import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fixturesAbsent, fixturesFolder } from "../parity/fixtures.ts";
import { gpgrad, jsonLines, startGpgrad } from "../support/gpgrad.ts";
import { filesOfFolder, type HubServer, startHubServer, writeToken } from "../support/hub-server.ts";

const recipe = "test/support/tiny.yaml";

let folder: string;
let run: string;
let server: HubServer;
const originalEnvironment = { ...process.env };

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-hub-"));
  run = path.join(folder, "run");
  server = await startHubServer({ untilClosed: true });
  const { code, errors } = await gpgrad("train", recipe, "--output", run, "--set", "evaluate.atStart=true");
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
});

afterAll(async () => {
  process.env = originalEnvironment;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Children inherit it: each test begins with an empty cache. */
beforeEach(() => {
  const home = mkdtempSync(path.join(folder, "home-"));
  process.env = { ...originalEnvironment, HF_ENDPOINT: server.endpoint, HF_HOME: home };
  for (const name of [
    "HF_TOKEN",
    "HF_HUB_OFFLINE",
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_TOKEN_PATH",
  ]) {
    delete process.env[name];
  }
  server.faults.length = 0;
  server.requests.length = 0;
});

const checkpoint = () => path.join(run, "checkpoints/step-000009");
const cacheOf = (name: string) =>
  path.join(process.env.HF_HOME!, "hub", `models--${name.replace("/", "--")}`);
const filesUnder = (directory: string) =>
  existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: "utf8" }) : [];
const weightRanges = () =>
  server.requests
    .filter(({ isStorage, path: url }) => isStorage && url.endsWith("model.safetensors"))
    .map(({ headers }) => headers.range);

const fixture = path.join(fixturesFolder, "models/qwen2-untied");

test.each<[name: string, source: () => string, prompt: string]>([
  ["maker/sums", checkpoint, "1+2="],
  ...(fixturesAbsent ? [] : [["maker/fixture", () => fixture, "a b"] as [string, () => string, string]]),
])(
  "sample %s downloads it, goes on after a lost connection, and then needs no hub",
  async (name, source, prompt) => {
    if (source() !== checkpoint() && fixturesAbsent) {
      return;
    }
    server.addCommit(name, filesOfFolder(source()));
    server.faults.push({ match: /^GET \/content.*\/model\.safetensors/, times: 1, cutAfter: 20_000 });
    const sample = ["--prompt", prompt, "--max-tokens", "8"];
    const local = await gpgrad("sample", source(), ...sample);
    const first = await gpgrad("sample", name, ...sample);
    expect(first).toMatchObject({ code: 0, output: local.output });
    expect(first.errors).toMatch(new RegExp(`^(downloading ${name} · .*\n)*downloaded ${name} · .*\n$`));
    expect(weightRanges()).toEqual([undefined, "bytes=20000-"]);
    expect(filesUnder(cacheOf(name)).filter((file) => file.endsWith(".incomplete"))).toEqual([]);

    process.env.HF_HUB_OFFLINE = "1";
    const before = server.requests.length;
    expect(await gpgrad("sample", name, ...sample)).toMatchObject({
      code: 0,
      errors: "",
      output: local.output,
    });
    expect(server.requests).toHaveLength(before);
    const other = await gpgrad("sample", "maker/other", ...sample);
    expect(other.code).toBe(1);
    expect(other.errors).toMatch(
      /^error: maker\/other: HF_HUB_OFFLINE is set and the cache .* unset it once[^\n]*\n$/,
    );
  },
);

test("a killed download leaves nothing under a final name and is taken up where it was", async () => {
  const name = "maker/killed";
  server.addCommit(name, filesOfFolder(checkpoint()));
  server.faults.push({ match: /^GET \/content.*\/model\.safetensors/, times: 1, stallAfter: 20_000 });
  const running = startGpgrad("sample", name, "--prompt", "1+2=");
  const partial = () => filesUnder(cacheOf(name)).filter((file) => file.endsWith(".incomplete"));
  const received = () =>
    partial().map((file) => statSync(path.join(cacheOf(name), file), { throwIfNoEntry: false })?.size);
  while (!received().includes(20_000)) {
    await sleep(20);
  }
  running.process.kill("SIGKILL");
  await running.finished;
  expect(existsSync(path.join(cacheOf(name), "snapshots"))).toBe(false);
  expect(existsSync(path.join(cacheOf(name), "refs"))).toBe(false);
  process.env.HF_HUB_OFFLINE = "1";
  expect((await gpgrad("sample", name, "--prompt", "1+2=")).errors).toContain("does not hold this model");
  delete process.env.HF_HUB_OFFLINE;
  const { code, output } = await gpgrad("sample", name, "--prompt", "1+2=");
  expect({ code, output }).toEqual({
    code: 0,
    output: (await gpgrad("sample", run, "--prompt", "1+2=")).output,
  });
  expect(weightRanges()).toEqual([undefined, "bytes=20000-"]);
  expect(partial()).toEqual([]);
});

test("two processes that download at once both get the model", async () => {
  const name = "maker/twice";
  server.addCommit(name, filesOfFolder(checkpoint()));
  server.faults.push({ match: /^GET \/content/, times: 3, cutAfter: 10_000 });
  const sample = ["sample", name, "--prompt", "1+2=", "--json"];
  const both = await Promise.all([gpgrad(...sample), gpgrad(...sample)]);
  expect(both.map(({ code, errors }) => ({ code, errors }))).toEqual([
    { code: 0, errors: "" },
    { code: 0, errors: "" },
  ]);
  expect(both[0]!.output).toBe(both[1]!.output);
});

test("a run records the commit, and goes on from it after the branch has moved", async () => {
  const name = "maker/base";
  const commit = server.addCommit(name, filesOfFolder(checkpoint()));
  const output = path.join(folder, "tuned");
  const train = ["train", recipe, "--model", name, "--output", output, "--json"];
  const first = await gpgrad(...train, "--max-steps", "1");
  expect(first).toMatchObject({ code: 0, errors: "" });
  expect(jsonLines(first.output)[0]).toMatchObject({ type: "run-started", model: `${name}@${commit}` });
  const recorded = () => readFileSync(path.join(output, "recipe.yaml"), "utf8");
  expect(recorded()).toContain(`model: ${name}@${commit}\n`);

  server.addCommit(name, { "README.md": "the weights are gone" });
  const second = await gpgrad(...train, "--resume");
  expect(second).toMatchObject({ code: 0, errors: "" });
  expect(recorded()).toContain(`model: ${name}@${commit}\n`);

  const evaluated = await gpgrad("eval", `${name}@${commit}`, "--recipe", recipe, "--json");
  expect(jsonLines(evaluated.output).at(-1)).toMatchObject({ type: "summary", model: `${name}@${commit}` });
});

test.each([
  [
    ["sample", "maker/unknown", "--prompt", "x"],
    1,
    "knows no such model, and there is no folder of that name here",
  ],
  [
    ["sample", "no-folder", "--prompt", "x"],
    1,
    "there is no such folder, and it cannot be a model of the hub",
  ],
  [["train", recipe, "--model", "./a/b"], 1, "there is no such folder"],
  [["eval", "a/b/c"], 1, "ORG/NAME@REVISION"],
])("%j is one line that says what to do", async (args, code, words) => {
  const finished = await gpgrad(...args);
  expect(finished).toMatchObject({ code, output: "" });
  expect(finished.errors).toMatch(/^error: [^\n]+\n$/);
  expect(finished.errors).toContain(words);
});

test("push uploads a checkpoint with its card, and the model comes back the same", async () => {
  const name = "maker/pushed";
  const noToken = await gpgrad("push", run, name);
  expect(noToken).toMatchObject({ code: 2, output: "" });
  expect(noToken.errors).toMatch(
    /^error: maker\/pushed: a push needs a token with write access[^\n]*HF_TOKEN\n$/,
  );

  const dry = await gpgrad("push", run, name, "--dry-run");
  expect(dry).toMatchObject({ code: 0, errors: "" });
  expect(dry.output).toMatch(/^---\nlibrary_name: transformers\n/);
  expect(dry.output).toContain("\nfiles for maker/pushed@main:\n  README.md\n");
  expect(dry.output).not.toContain("optimizer.safetensors");
  expect(server.requests).toEqual([]);

  process.env.HF_TOKEN = writeToken;
  const pushed = await gpgrad("push", run, name, "--private");
  expect(pushed.code).toBe(0);
  expect(pushed.output).toContain(`pushed step 9 of ${run} to ${server.endpoint}/${name} (main, commit `);
  expect(pushed.errors).toMatch(/^(uploading .*\n)*uploaded maker\/pushed · .*\n$/);
  expect(server.isPrivate(name)).toBe(true);
  const names = Object.keys(server.filesOf(name)).filter((file) => file !== ".gitattributes");
  expect(names).toContain("model.safetensors");
  expect(names.filter((file) => /optimizer|state/.test(file))).toEqual([]);
  const card = server.filesOf(name)["README.md"]!.toString();
  expect(dry.output.startsWith(card)).toBe(true);
  expect(card).not.toContain(folder);

  const local = await gpgrad("sample", run, "--prompt", "1+2=");
  expect((await gpgrad("sample", name, "--prompt", "1+2=")).output).toBe(local.output);
});

test("push takes another checkpoint and branch, and tells which checkpoints there are", async () => {
  process.env.HF_TOKEN = writeToken;
  const result = await gpgrad(
    "push",
    run,
    "maker/branch",
    "--revision",
    "early",
    "--checkpoint",
    "9",
    "--json",
  );
  expect(result).toMatchObject({ code: 0, errors: "" });
  expect(jsonLines(result.output)).toEqual([
    expect.objectContaining({
      type: "result",
      name: "maker/branch",
      revision: "early",
      step: 9,
      deleted: [],
    }),
  ]);
  expect(Object.keys(server.filesOf("maker/branch", "early"))).toContain("model.safetensors");
  expect(Object.keys(server.filesOf("maker/branch"))).not.toContain("model.safetensors");
  const missing = await gpgrad("push", run, "maker/branch", "--checkpoint", "3");
  expect(missing.errors).toMatch(/^error: .* has no checkpoint of step 3; there are: 9\n$/);
  expect((await gpgrad("push", checkpoint(), "maker/branch")).errors).toContain("is no run folder");
  expect((await gpgrad("push", run, "branch")).errors).toContain("give ORG/NAME");
});
