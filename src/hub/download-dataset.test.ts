import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { startHubServer } from "../../test/support/hub-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { DataError } from "../errors.ts";
import { downloadDataset } from "./download-dataset.ts";
import type { DownloadProgress } from "./download-files.ts";
import { parseModelReference } from "./model-reference.ts";
import type { HubSettings } from "./settings.ts";

const name = "maker/sums";
const files = {
  "README.md": "---\nlicense: mit\n---\nSums.",
  "main/train-00000-of-00002.parquet": "rows of the first",
  "main/train-00001-of-00002.parquet": "rows of the second",
  "main/test-00000-of-00001.parquet": "rows to test with",
  "script.py": "print()",
};
const train = Object.keys(files).filter((file) => file.includes("train"));

type Choose = Parameters<typeof downloadDataset>[2]["choose"];

const chooseTrain: Choose = (present) => {
  const chosen = present.filter((file) => /train.*parquet$/.test(file));
  return chosen.length > 0 ? chosen : null;
};

async function openPlace() {
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
  const repository = path.join(cacheFolder, "datasets--maker--sums");
  const download = (text = name, changes: Partial<HubSettings> = {}, choose = chooseTrain) =>
    downloadDataset(parseModelReference(text)!, { ...settings, ...changes }, { choose });
  return { server, settings, repository, download };
}

test("chosen files lie in the cache as Python's client lays them out, and no others but the card", async () => {
  const { server, repository, download } = await openPlace();
  const commit = server.addCommit(`datasets:${name}`, files);
  const found = await download();
  const snapshot = path.join(repository, "snapshots", commit);
  expect(found).toEqual({
    files: train.map((file) => path.join(snapshot, file)),
    reference: { name, revision: commit },
  });
  expect(found.files.map((file) => readFileSync(file, "utf8"))).toEqual([
    "rows of the first",
    "rows of the second",
  ]);
  expect(readFileSync(path.join(repository, "refs/main"), "utf8")).toBe(commit);
  expect(readdirSync(snapshot).sort()).toEqual(["README.md", "main"]);
  const before = server.requests.length;
  expect(await download(`${name}@${commit}`)).toEqual(found);
  expect(server.requests.slice(before).every(({ path: url }) => url.startsWith("/api/"))).toBe(true);
});

test("files are chosen by the card's text", async () => {
  const { server, download } = await openPlace();
  server.addCommit(`datasets:${name}`, files);
  const cards: (string | null)[] = [];
  await download(name, {}, (present, card) => {
    cards.push(card);
    return chooseTrain(present, card);
  });
  expect(cards).toEqual([files["README.md"]]);
});

test("a repository without rows gives the copies that the hub made, unless a revision was named", async () => {
  const { server, download } = await openPlace();
  server.addCommit(`datasets:${name}`, { "README.md": "x", "sums.py": "print()" });
  const copies = { "default/train/0000.parquet": "copied" };
  const commit = server.addCommit(`datasets:${name}`, copies, { revision: "refs/convert/parquet" });
  const found = await download();
  expect(found.reference.revision).toBe(commit);
  expect(readFileSync(found.files[0]!, "utf8")).toBe("copied");
  expect(await download(name, { offline: true })).toEqual(found);
  await expect(download(`${name}@main`)).rejects.toThrow(
    /maker\/sums@main: this repository holds no file of rows/,
  );
});

test("offline, the cache answers or says what it lacks", async () => {
  const { server, repository, download } = await openPlace();
  await expect(download(name, { offline: true })).rejects.toThrow(
    /HF_HUB_OFFLINE is set and the cache .* does not hold/,
  );
  const commit = server.addCommit(`datasets:${name}`, files);
  const found = await download();
  const before = server.requests.length;
  expect(await download(name, { offline: true })).toEqual(found);
  rmSync(path.join(repository, "snapshots", commit, train[1]!));
  await expect(download(name, { offline: true })).rejects.toThrow(
    /lacks main\/train-00001-of-00002\.parquet/,
  );
  expect(server.requests).toHaveLength(before);
});

test("what cannot be had is a DataError that speaks of data sets", async () => {
  const { server, download } = await openPlace();
  server.addCommit(name, { "config.json": "{}" });
  await expect(download()).rejects.toThrow(DataError);
  await expect(download()).rejects.toThrow(
    /knows no such data set, and there is no file or folder of that name/,
  );
  server.addCommit(`datasets:${name}`, files, { gated: true });
  await expect(download()).rejects.toThrow(/is gated: accept its terms at .*\/datasets\/maker\/sums/);
  await expect(download(`${name}@v9`)).rejects.toThrow(/has no revision "v9"/);
});

test("a download that was cut off goes on, and its progress counts the chosen files", async () => {
  const { server, settings, repository } = await openPlace();
  server.addCommit(`datasets:${name}`, files);
  server.faults.push({ match: /^GET \/content.*train-00000/, times: 2, cutAfter: 4 });
  const seen: DownloadProgress[] = [];
  const options = { choose: chooseTrain, onProgress: (progress: DownloadProgress) => seen.push(progress) };
  await downloadDataset({ name, revision: null }, settings, options);
  const total = train.reduce((sum, file) => sum + files[file as keyof typeof files].length, 0);
  expect(seen.at(-1)).toMatchObject({ doneBytes: total, totalBytes: total });
  expect(existsSync(path.join(repository, "refs/main"))).toBe(true);
});
