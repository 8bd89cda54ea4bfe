import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { startHubServer } from "../../test/support/hub-server.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { locateModel, openLocated } from "./model-location.ts";
import { silence } from "./terminal.ts";

const here = process.cwd();
const environment = { ...process.env };
afterEach(() => {
  process.chdir(here);
  process.env = { ...environment };
});

test("a folder wins over a model of the hub with the same name", async () => {
  const server = await startHubServer();
  const folder = temporaryFolder();
  process.chdir(folder);
  process.env = { ...environment, HF_ENDPOINT: server.endpoint, HF_HOME: path.join(folder, "cache") };
  delete process.env.HF_HUB_CACHE;
  const commit = server.addCommit("maker/base", { "config.json": "{}", "model.safetensors": "weights" });
  const remote = await locateModel("maker/base", silence);
  expect(remote).toEqual({
    modelFolder: path.join(folder, "cache/hub/models--maker--base/snapshots", commit),
    adapterFolder: null,
    recipeFile: null,
    name: `maker/base@${commit}`,
  });
  mkdirSync("maker/base", { recursive: true });
  await expect(locateModel("maker/base", silence)).rejects.toThrow(/^maker\/base: neither a model folder/);
  writeFileSync("maker/base/config.json", "{}");
  expect(await locateModel("maker/base", silence)).toEqual({
    modelFolder: "maker/base",
    adapterFolder: null,
    recipeFile: null,
    name: "maker/base",
  });
});

test("an adapter of the hub comes with the base that it names, and is then found without the hub", async () => {
  const server = await startHubServer();
  const folder = temporaryFolder();
  process.env = { ...environment, HF_ENDPOINT: server.endpoint, HF_HOME: folder };
  delete process.env.HF_HUB_CACHE;
  const base = server.addCommit("maker/base", { "config.json": "{}", "model.safetensors": "weights" });
  const adapter = server.addCommit("maker/adapter", {
    "adapter_config.json": JSON.stringify({ peft_type: "LORA", base_model_name_or_path: "maker/base" }),
    "adapter_model.safetensors": "weights",
    "tokenizer_config.json": "{}",
    "training_args.bin": "no part of it",
  });
  const snapshot = (name: string, commit: string) =>
    path.join(folder, `hub/models--maker--${name}/snapshots`, commit);
  const expected = {
    modelFolder: snapshot("base", base),
    adapterFolder: snapshot("adapter", adapter),
    recipeFile: null,
    name: `maker/adapter@${adapter}`,
  };
  expect(await locateModel("maker/adapter", silence)).toEqual(expected);
  expect(readdirSync(expected.adapterFolder).toSorted()).toEqual([
    "adapter_config.json",
    "adapter_model.safetensors",
    "tokenizer_config.json",
  ]);
  const asked = server.requests.length;
  process.env.HF_HUB_OFFLINE = "1";
  expect(await locateModel("maker/adapter", silence)).toEqual(expected);
  expect(server.requests).toHaveLength(asked);
});

test("a checkpoint that is replaced while it is opened is followed by the next, a damaged one is not", async () => {
  const folder = temporaryFolder();
  const locations = ["1", "2"].map((name) => path.join(folder, name));
  locations.forEach((modelFolder) => void mkdirSync(modelFolder));
  let located = 0;
  const locate = async () => ({
    modelFolder: locations[Math.min(located++, 1)]!,
    adapterFolder: null,
    recipeFile: null,
    name: "run",
  });
  const open = async ({ modelFolder }: { modelFolder: string }) => {
    if (modelFolder === locations[0]) {
      rmSync(modelFolder, { recursive: true });
      throw new Error("it is gone");
    }
    return modelFolder;
  };
  expect(await openLocated(locate, open)).toBe(locations[1]);
  await expect(openLocated(locate, () => Promise.reject(new Error("damaged")))).rejects.toThrow("damaged");
});
