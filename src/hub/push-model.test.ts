import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type HubServer, readToken, startHubServer, writeToken } from "../../test/support/hub-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { downloadModel } from "./download-model.ts";
import { type PushedFile, type PushOptions, pushModel } from "./push-model.ts";
import type { HubSettings } from "./settings.ts";

const name = "maker/trained";
const weights = Buffer.from(Array.from({ length: 250_001 }, (_, index) => (index * 7) % 253));
const model = {
  "config.json": '{"model_type": "qwen2"}',
  "tokenizer.json": '{"version": "1.0"}',
  "chat_template.jinja": "{{ messages }} ü",
  "model.safetensors": weights,
};

interface Place {
  server: HubServer;
  settings: HubSettings;
  push(changes?: Partial<PushOptions>, settings?: Partial<HubSettings>): ReturnType<typeof pushModel>;
}

function filesIn(content: Readonly<Record<string, string | Uint8Array>>): PushedFile[] {
  const folder = temporaryFolder();
  return Object.entries(content).map(([file, bytes]) => {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, bytes);
    return { path: file, file: target, size: Buffer.from(bytes).length };
  });
}

async function openPlace(): Promise<Place> {
  const server = await startHubServer();
  const settings: HubSettings = {
    endpoint: server.endpoint,
    token: writeToken,
    cacheFolder: path.join(temporaryFolder(), "hub"),
    offline: false,
    timeout: 5,
    retryDelay: 0.001,
  };
  const defaults: PushOptions = {
    files: filesIn(model),
    card: "# trained\n",
    isPrivate: false,
    branch: "main",
    title: "Upload",
  };
  return {
    server,
    settings,
    push: (changes = {}, other = {}) =>
      pushModel(name, { ...settings, ...other }, { ...defaults, ...changes }),
  };
}

const contentOf = (files: Readonly<Record<string, string | Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes)]));

test("a push makes the repository and one commit, from which the model comes back byte for byte", async () => {
  const { server, settings, push } = await openPlace();
  const { commit, url, deleted } = await push();
  expect({ url, deleted }).toEqual({ url: `${server.endpoint}/${name}`, deleted: [] });
  const { ".gitattributes": _, ...pushed } = server.filesOf(name, commit);
  expect(pushed).toEqual(contentOf({ ...model, "README.md": "# trained\n" }));
  expect(server.isPrivate(name)).toBe(false);
  const { folder, reference } = await downloadModel({ name, revision: null }, settings);
  expect(reference.revision).toBe(commit);
  expect(readFileSync(path.join(folder, "model.safetensors")).equals(weights)).toBe(true);
});

test("weights of an earlier push go with the commit that replaces them; other files stay", async () => {
  const { server, push } = await openPlace();
  const { "model.safetensors": _, ...rest } = model;
  const old = {
    "model.safetensors.index.json": "{}",
    "model-00001-of-00002.safetensors": "1",
    "model-00002-of-00002.safetensors": "2",
  };
  server.addCommit(name, { ...rest, ...old, "figures.png": "png", "extra.safetensors": "x" });
  expect((await push()).deleted.toSorted()).toEqual(Object.keys(old).toSorted());
  expect(Object.keys(server.filesOf(name)).toSorted()).toEqual(
    [...Object.keys(model), "README.md", "figures.png", "extra.safetensors"].toSorted(),
  );
});

test("another branch is made from the main one, and may be there already", async () => {
  const { server, push } = await openPlace();
  const main = server.addCommit(name, { "config.json": "{}" });
  await push({ branch: "step-10" });
  await push({ branch: "step-10", card: "# again\n" });
  expect(server.filesOf(name, "step-10")["README.md"]!.toString()).toBe("# again\n");
  expect(server.filesOf(name)).toEqual(server.filesOf(name, main));
});

test("what shall be private never becomes public", async () => {
  const { server, push } = await openPlace();
  await push({ isPrivate: true });
  expect(server.isPrivate(name)).toBe(true);
  await push({ isPrivate: true });
  server.addCommit("maker/open", { "config.json": "{}" });
  const { settings } = await openPlace();
  const open = pushModel(
    "maker/open",
    { ...settings, endpoint: server.endpoint },
    {
      ...{ files: filesIn(model), card: "", branch: "main", title: "" },
      isPrivate: true,
    },
  );
  await expect(open).rejects.toThrow(/is there already and public.*leave --private away/);
  expect(Object.keys(server.filesOf("maker/open"))).toEqual(["config.json"]);
});

test("without a token that may write nothing is uploaded, and the error says what to do", async () => {
  const { server, push } = await openPlace();
  await expect(push({}, { token: null })).rejects.toThrow(
    /write access; make one at .*settings\/tokens and set HF_TOKEN/,
  );
  await expect(push({}, { offline: true })).rejects.toThrow(/HF_HUB_OFFLINE is set; unset it/);
  expect(server.requests).toEqual([]);
  await expect(push({}, { token: readToken })).rejects.toThrow(
    /refuses the push \(you must use a write token\)/,
  );
  await expect(push({}, { token: "hf_expired" })).rejects.toThrow(/refuses the token/);
  expect(server.holds(name)).toBe(false);
});

test("an upload that fails for a moment is repeated, one that fails for good leaves the repository as it was", async () => {
  const { server, push } = await openPlace();
  server.faults.push({ match: /^PUT/, times: 2, status: 503 });
  const { commit } = await push();
  server.faults.push({ match: /^POST .*\/commit\//, status: 500 });
  await expect(push({ card: "# changed\n" })).rejects.toThrow(/answers 500/);
  expect(commitsAsked(server)).toBe(1 + 5);
  expect(server.filesOf(name)).toEqual(server.filesOf(name, commit));
});

const commitsAsked = ({ requests }: HubServer) =>
  requests.filter(({ path: url }) => url.includes("/commit/")).length;

test("a commit whose answer is lost is not made again", async () => {
  const { server, push } = await openPlace();
  server.faults.push({ match: /^POST .*\/(commit|branch|repos)\//, times: 3, unanswered: true });
  const { commit } = await push({ branch: "step-10" });
  expect(commitsAsked(server)).toBe(1);
  expect(server.filesOf(name, "step-10")).toEqual(server.filesOf(name, commit));
  expect(server.filesOf(name, commit)["model.safetensors"]!.equals(weights)).toBe(true);
});

test("a commit that others came before is made after theirs", async () => {
  const { server, push } = await openPlace();
  server.addCommit(name, { "model-00001-of-00001.safetensors": "old" });
  const theirs = () => server.addCommit(name, { "model.safetensors": "theirs", "notes.md": "theirs" });
  server.faults.push({ match: /^POST .*\/commit\//, times: 1, meanwhile: theirs });
  const { commit, deleted } = await push();
  expect({ commits: commitsAsked(server), deleted }).toEqual({ commits: 2, deleted: [] });
  expect(Object.keys(server.filesOf(name, commit)).toSorted()).toEqual(
    [...Object.keys(model), "README.md", "notes.md"].toSorted(),
  );
});

test("progress ends with every byte, and a second push sends no weights again", async () => {
  const { server, push } = await openPlace();
  const seen: number[] = [];
  const totalBytes = Object.values(contentOf(model)).reduce((sum, { length }) => sum + length, 0);
  await push({
    onProgress: ({ doneBytes, totalBytes: total }) => seen.push(total === totalBytes ? doneBytes : -1),
  });
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen[0]).toBeGreaterThanOrEqual(0);
  expect(seen.at(-1)).toBe(totalBytes);
  const puts = () => server.requests.filter(({ method }) => method === "PUT").length;
  expect(puts()).toBeGreaterThan(2);
  const before = puts();
  await push();
  expect(puts()).toBe(before);
});
