import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type HubServer, readToken, startHubServer, strangerToken } from "../../test/support/hub-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { formatClaim, ownClaim } from "../process-claim.ts";
import type { DownloadProgress } from "./download-files.ts";
import { downloadModel } from "./download-model.ts";
import { parseModelReference } from "./model-reference.ts";
import type { HubSettings } from "./settings.ts";

const name = "maker/little";
const weights = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
const model = {
  "config.json": '{"model_type": "qwen2"}',
  "generation_config.json": "{}",
  "tokenizer.json": '{"version": "1.0"}',
  "tokenizer_config.json": '{"eos_token": "."}',
  "chat_template.jinja": "{{ messages }}",
  "model.safetensors": weights,
};
const unwanted = {
  "README.md": "words",
  "pytorch_model.bin": "pickle",
  "little.gguf": "gguf",
  "onnx/model.onnx": "graph",
  "training_args.bin": "pickle",
};

const digestOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const weightsEtag = digestOf(weights);

interface Place {
  server: HubServer;
  settings: HubSettings;
  repository: string;
  download(text?: string, changes?: Partial<HubSettings>): ReturnType<typeof downloadModel>;
  blobs(): string[];
}

async function openPlace(): Promise<Place> {
  const server = await startHubServer();
  const cacheFolder = path.join(temporaryFolder(), "hub");
  const settings: HubSettings = {
    endpoint: server.endpoint,
    token: null,
    cacheFolder,
    offline: false,
    timeout: 5,
    retryDelay: 0.001,
  };
  const repository = path.join(cacheFolder, "models--maker--little");
  return {
    server,
    settings,
    repository,
    download: (text = name, changes = {}) =>
      downloadModel(parseModelReference(text)!, { ...settings, ...changes }),
    blobs: () => readdirSync(path.join(repository, "blobs")).sort(),
  };
}

const contentRequests = ({ requests }: HubServer, file = "model.safetensors") =>
  requests.filter(({ isStorage, path: url }) => isStorage && url.endsWith(file));

function expectWhole(folder: string, files: Readonly<Record<string, string | Uint8Array>> = model): void {
  for (const [file, content] of Object.entries(files)) {
    expect(readFileSync(path.join(folder, file)).equals(Buffer.from(content)), file).toBe(true);
  }
}

test("a model lies in the cache as Python's client lays it out, with nothing that a model folder does not need", async () => {
  const { server, download, repository, blobs } = await openPlace();
  const commit = server.addCommit(name, { ...model, ...unwanted });
  const { folder, reference } = await download();
  expect(reference).toEqual({ name, revision: commit });
  expect(folder).toBe(path.join(repository, "snapshots", commit));
  expectWhole(folder);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(model).sort());
  expect(readlinkSync(path.join(folder, "model.safetensors"))).toBe(`../../blobs/${weightsEtag}`);
  const config = Buffer.from(model["config.json"]);
  const gitHash = createHash("sha1").update(`blob ${config.length}\0`).update(config).digest("hex");
  expect(readlinkSync(path.join(folder, "config.json"))).toBe(`../../blobs/${gitHash}`);
  expect(readFileSync(path.join(repository, "refs/main"), "utf8")).toBe(commit);
  expect(blobs().every((blob) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(blob))).toBe(true);
});

test("further chat templates lie in a folder of their own", async () => {
  const { server, download } = await openPlace();
  const files = { ...model, "additional_chat_templates/tool_use.jinja": "{{ tools }}" };
  server.addCommit(name, { ...files, "additional_chat_templates/notes.txt": "x" });
  const { folder } = await download();
  expectWhole(folder, files);
  expect(readdirSync(path.join(folder, "additional_chat_templates"))).toEqual(["tool_use.jinja"]);
});

test("what is in the cache is not downloaded again; a new commit brings only what changed", async () => {
  const { server, download, repository } = await openPlace();
  server.addCommit(name, model);
  await download();
  const before = server.requests.length;
  await download();
  expect(server.requests.slice(before).every(({ path: url }) => url.startsWith("/api/"))).toBe(true);
  const changed = { ...model, "config.json": '{"model_type": "qwen2", "hidden_size": 8}' };
  const commit = server.addCommit(name, changed);
  expectWhole((await download()).folder, changed);
  expect(contentRequests(server)).toHaveLength(1);
  expect(readFileSync(path.join(repository, "refs/main"), "utf8")).toBe(commit);
});

test("branches, tags, pull requests and commits are revisions", async () => {
  const { server, download, repository } = await openPlace();
  const old = server.addCommit(name, model);
  const changed = { ...model, "config.json": '{"changed": true}' };
  const pull = server.addCommit(name, changed, { revision: "refs/pr/1" });
  expect((await download(`${name}@refs/pr/1`)).reference.revision).toBe(pull);
  expect(readFileSync(path.join(repository, "refs/refs/pr/1"), "utf8")).toBe(pull);
  const { folder } = await download(`${name}@${old}`);
  expectWhole(folder);
  expect(existsSync(path.join(repository, "refs", old))).toBe(false);
});

test("of sharded weights the shards that the index names are taken; one whole file goes before an index", async () => {
  const { server, download } = await openPlace();
  const { "model.safetensors": whole, ...rest } = model;
  const index = {
    weight_map: { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" },
  };
  const sharded = {
    ...rest,
    "model.safetensors.index.json": JSON.stringify(index),
    "model-00001-of-00002.safetensors": "one",
    "model-00002-of-00002.safetensors": "two",
  };
  server.addCommit(name, { ...sharded, "consolidated.safetensors": "the same again" });
  const { folder } = await download();
  expect(readdirSync(folder).sort()).toEqual(Object.keys(sharded).sort());
  server.addCommit(name, { ...sharded, "model.safetensors": whole });
  expect(readdirSync((await download()).folder).sort()).toEqual(Object.keys(model).sort());
});

test.each([
  [
    "names a shard that is not there",
    { weight_map: { a: "model-00009.safetensors" } },
    "model-00009.safetensors",
  ],
  [
    "names a file elsewhere",
    { weight_map: { a: "../../secret.safetensors" } },
    "no safetensors file in the same",
  ],
  ["lists nothing", {}, "lists no tensors"],
])("an index that %s is refused", async (_, index, words) => {
  const { server, download } = await openPlace();
  server.addCommit(name, { "config.json": "{}", "model.safetensors.index.json": JSON.stringify(index) });
  await expect(download()).rejects.toThrow(words);
});

test("a connection that is cut is resumed where it stopped, as often as it goes on", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content.*model\.safetensors/, times: 7, cutAfter: 40_000 });
  expectWhole((await download()).folder);
  const ranges = contentRequests(server).map(({ headers }) => headers.range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges).toHaveLength(8);
  expect(ranges.at(-1)).toBe("bytes=280000-");
});

test("a connection that falls silent is given up and resumed", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content.*model\.safetensors/, times: 1, stallAfter: 100_000 });
  expectWhole((await download(name, { timeout: 0.2 })).folder);
  expect(contentRequests(server).map(({ headers }) => headers.range)).toEqual([undefined, "bytes=100000-"]);
});

test("a server that knows no ranges sends everything again", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content/, times: 1, cutAfter: 1000 });
  server.faults.push({ match: /^GET \/content/, times: 1, ignoreRange: true });
  expectWhole((await download()).folder);
});

test("what a killed process left is taken over, however damaged, and never taken from one that lives", async () => {
  const { server, download, repository, blobs } = await openPlace();
  const commit = server.addCommit(name, model);
  mkdirSync(path.join(repository, "blobs"), { recursive: true });
  const leave = (owner: string, content: Uint8Array) =>
    writeFileSync(path.join(repository, "blobs", `${weightsEtag}.${owner}.incomplete`), content);
  const dead = formatClaim({ ...ownClaim(), process: 2 ** 22 + 1 });
  leave(`${dead}.00000001`, weights.subarray(0, 1000));
  leave(`${dead}.00000002`, weights.subarray(0, 250_000));
  const others = [`${formatClaim(ownClaim())}.00000003`, "0a0b0c0d"];
  for (const owner of others) {
    leave(owner, weights.subarray(0, 280_000));
  }
  expectWhole((await download()).folder);
  expect(contentRequests(server).map(({ headers }) => headers.range)).toEqual(["bytes=250000-"]);
  const kept = blobs().filter((blob) => blob.endsWith(".incomplete"));
  expect(kept).toEqual(others.map((owner) => `${weightsEtag}.${owner}.incomplete`).sort());

  rmSync(path.join(repository, "blobs", weightsEtag));
  leave(`${dead}.00000004`, Buffer.alloc(200_000));
  expectWhole((await download(`${name}@${commit}`)).folder);
  expect(
    contentRequests(server)
      .slice(1)
      .map(({ headers }) => headers.range),
  ).toEqual(["bytes=200000-", undefined]);
});

test("content with a wrong checksum never gets its name, in either kind of checksum", async () => {
  const { server, download, repository, blobs } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content.*model\.safetensors/, damage: true });
  await expect(download()).rejects.toThrow(
    /model\.safetensors: what arrived has the checksum .*, the hub says/,
  );
  expect(blobs()).not.toContain(weightsEtag);
  expect(existsSync(path.join(repository, "snapshots"))).toBe(false);
  expect(existsSync(path.join(repository, "refs"))).toBe(false);
  server.addCommit(name, { ...model, "config.json": '{"model_type": "llama"}' });
  server.faults.splice(0, 1, { match: /resolve.*config\.json/, damage: true });
  await expect(download()).rejects.toThrow(/config\.json: what arrived has the checksum/);
  server.faults.length = 0;
  expectWhole((await download()).folder, { ...model, "config.json": '{"model_type": "llama"}' });
  expect(blobs().filter((blob) => blob.endsWith(".incomplete"))).toEqual([]);
});

test("a blob that was cut short after the fact is downloaded again", async () => {
  const { server, download, repository } = await openPlace();
  server.addCommit(name, model);
  await download();
  writeFileSync(path.join(repository, "blobs", weightsEtag), weights.subarray(0, 100));
  expectWhole((await download()).folder);
});

test("downloads at the same time do not disturb each other", async () => {
  const { server, download, blobs } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content/, times: 6, cutAfter: 50_000 });
  const found = await Promise.all([download(), download(), download()]);
  expect(new Set(found.map(({ folder }) => folder)).size).toBe(1);
  expectWhole(found[0]!.folder);
  expect(blobs().filter((blob) => blob.endsWith(".incomplete"))).toEqual([]);
});

test("servers that are busy or broken for a moment are asked again, after the time they name", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.faults.push(
    { match: /^GET \/api\/models\/.*revision/, times: 1, status: 503 },
    { match: /^GET \/api\/models\/.*tree/, times: 2, status: 429, headers: { "Retry-After": "0" } },
    { match: /^GET \/maker.*config\.json/, times: 1, status: 500 },
    { match: /^GET \/content/, times: 4, status: 502 },
  );
  expectWhole((await download()).folder);
});

test.each([
  [503, /answers 503 .*try again later/],
  [429, /wants fewer requests .*HF_TOKEN/],
])("a hub that answers %i for ever is named", async (status, words) => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /tree/, status });
  await expect(download()).rejects.toThrow(words);
  expect(server.requests.filter(({ path: url }) => url.includes("tree"))).toHaveLength(5);
});

test("a hub that is not there is named, with the way to do without", async () => {
  const { download } = await openPlace();
  await expect(download(name, { endpoint: "http://127.0.0.1:9" })).rejects.toThrow(
    /maker\/little: the hub at http:\/\/127\.0\.0\.1:9 cannot be reached .*HF_HUB_OFFLINE=1/,
  );
});

test("who may not read a model is told why", async () => {
  const { server, download } = await openPlace();
  server.addCommit("maker/secret", model, { private: true });
  server.addCommit("maker/gated", model, { gated: true });
  server.addCommit(name, model);
  await expect(download("maker/secret")).rejects.toThrow(
    /knows no such model.*set HF_TOKEN if it is private/,
  );
  await expect(download("maker/none", { token: readToken })).rejects.toThrow(
    /knows no such model.*your token/,
  );
  await expect(download("maker/gated")).rejects.toThrow(
    /is gated: accept its terms at .*\/maker\/gated, then set/,
  );
  await expect(download("maker/gated", { token: strangerToken })).rejects.toThrow(
    /gated.*the account of your token/,
  );
  await expect(download(name, { token: "hf_expired" })).rejects.toThrow(
    /refuses the token \(Invalid credentials/,
  );
  await expect(download(`${name}@v9`)).rejects.toThrow(/has no revision "v9"/);
  expectWhole((await download("maker/secret", { token: readToken })).folder);
  expectWhole((await download("maker/gated", { token: readToken })).folder);
});

test("the token goes to the hub alone, and Xet's headers change nothing", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model, { xet: true });
  expectWhole((await download(name, { token: readToken })).folder);
  const tokens = (storage: boolean) =>
    new Set(
      server.requests
        .filter(({ isStorage }) => isStorage === storage)
        .map(({ headers }) => headers.authorization),
    );
  expect(tokens(false)).toEqual(new Set([`Bearer ${readToken}`]));
  expect(tokens(true)).toEqual(new Set([undefined]));
});

test("offline, the cache answers or says what it lacks, and nobody is asked", async () => {
  const { server, download, repository } = await openPlace();
  const commit = server.addCommit(name, model);
  const offline = { offline: true };
  await expect(download(name, offline)).rejects.toThrow(
    /HF_HUB_OFFLINE is set and the cache .* does not hold/,
  );
  const { folder } = await download();
  const before = server.requests.length;
  expect(await download(name, offline)).toEqual({ folder, reference: { name, revision: commit } });
  expect(await download(`${name}@${commit}`, offline)).toMatchObject({ folder });
  await expect(download(`${name}@v2`, offline)).rejects.toThrow("maker/little@v2: HF_HUB_OFFLINE is set");
  rmSync(path.join(repository, "blobs", weightsEtag));
  await expect(download(name, offline)).rejects.toThrow(/lacks model\.safetensors; unset it once/);
  expect(server.requests).toHaveLength(before);
});

test.each([
  [
    "a pickled adapter",
    { "adapter_config.json": "{}", "adapter_model.bin": "x" },
    /adapter without adapter_model\.safetensors/,
  ],
  [
    "pickled weights",
    { "config.json": "{}", "pytorch_model.bin": "x" },
    /\.bin.*choose one with safetensors/,
  ],
  ["GGUF", { "little-q4.gguf": "x" }, /GGUF files but no config\.json/],
  ["words", { "README.md": "x" }, /no model in the Hugging Face layout/],
])("a repository of %s is refused before anything is downloaded", async (_, files, words) => {
  const { server, download, repository } = await openPlace();
  server.addCommit(name, files);
  await expect(download()).rejects.toThrow(words);
  expect(existsSync(repository)).toBe(false);
});

test("a model that does not fit on the disk is refused before it fills it", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  const size = 2 ** 52;
  server.lieAbout(name, "model.safetensors", { size, lfs: { oid: weightsEtag, size } });
  await expect(download()).rejects.toThrow(
    /needs 4503599\.\d GB in .*, where [\d.]+ GB are free; free [\d.]+ GB or set HF_HUB_CACHE/,
  );
  expect(contentRequests(server)).toEqual([]);
});

test("a checksum that would be a path is refused", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, model);
  server.lieAbout(name, "model.safetensors", { lfs: { oid: "../../../outside", size: 3 } });
  await expect(download()).rejects.toThrow(/"\.\.\/\.\.\/\.\.\/outside".*cannot be/);
});

test("progress counts every missing byte once and ends with all of them", async () => {
  const { server, settings } = await openPlace();
  server.addCommit(name, model);
  server.faults.push({ match: /^GET \/content/, times: 2, cutAfter: 60_000 });
  const seen: DownloadProgress[] = [];
  await downloadModel({ name, revision: null }, settings, { onProgress: (progress) => seen.push(progress) });
  const totalBytes = Object.values(model).reduce((sum, content) => sum + Buffer.from(content).length, 0);
  expect(new Set(seen.map((progress) => progress.totalBytes))).toEqual(new Set([totalBytes]));
  expect(seen.at(-1)!.doneBytes).toBe(totalBytes);
  const bytes = seen.map(({ doneBytes }) => doneBytes);
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
});
