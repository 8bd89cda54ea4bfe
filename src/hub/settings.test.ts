import { writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { readHubSettings } from "./settings.ts";

const nowhere = { HF_TOKEN_PATH: "/nowhere/token" };
const home = os.homedir();

describe("hub settings", () => {
  test.each([
    [{}, path.join(home, ".cache/huggingface/hub")],
    [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }, "/h/hub"],
    [{ HF_HOME: "~/hf" }, path.join(home, "hf/hub")],
    [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
    [
      {
        HF_HOME: "/h",
        HUGGINGFACE_HUB_CACHE: "/old",
        HF_HUB_CACHE: ["$DISK/$", "{NAME}"].join(""),
        DISK: "/d",
        NAME: "c",
      },
      "/d/c",
    ],
    [{ HF_HUB_CACHE: "", HF_HOME: "/h" }, "/h/hub"],
  ])("%j puts the cache into %s", (environment, folder) => {
    expect(readHubSettings({ ...nowhere, ...environment }).cacheFolder).toBe(folder);
  });

  test.each([
    ["1", true],
    ["true", true],
    ["Yes", true],
    ["0", false],
    ["", false],
  ])("HF_HUB_OFFLINE=%s: %s", (text, offline) => {
    expect(readHubSettings({ ...nowhere, HF_HUB_OFFLINE: text }).offline).toBe(offline);
  });

  test("the token comes from HF_TOKEN, else from the file that `hf auth login` writes", () => {
    const folder = temporaryFolder();
    expect(readHubSettings({ HF_HOME: folder }).token).toBeNull();
    writeFileSync(path.join(folder, "token"), "hf_file\n");
    expect(readHubSettings({ HF_HOME: folder }).token).toBe("hf_file");
    expect(readHubSettings({ HF_HOME: folder, HF_TOKEN: " hf_given\r\n" }).token).toBe("hf_given");
    writeFileSync(path.join(folder, "other"), "hf_other");
    const other = { HF_HOME: folder, HF_TOKEN_PATH: path.join(folder, "other") };
    expect(readHubSettings(other).token).toBe("hf_other");
    expect(() => readHubSettings({ HF_TOKEN_PATH: folder })).toThrow(
      /cannot read the hub token in .*HF_TOKEN/,
    );
  });

  test("the endpoint must be an address", () => {
    expect(readHubSettings(nowhere).endpoint).toBe("https://huggingface.co");
    const mirror = { ...nowhere, HF_ENDPOINT: "https://mirror.example/hf/" };
    expect(readHubSettings(mirror).endpoint).toBe("https://mirror.example/hf");
    for (const HF_ENDPOINT of ["mirror.example", "ftp://mirror.example", "http://"]) {
      expect(() => readHubSettings({ ...nowhere, HF_ENDPOINT })).toThrow(
        /HF_ENDPOINT is .*correct or unset it/,
      );
    }
  });

  test("the timeout must be a number of seconds", () => {
    expect(readHubSettings({ ...nowhere, HF_HUB_DOWNLOAD_TIMEOUT: "2.5" }).timeout).toBe(2.5);
    expect(() => readHubSettings({ ...nowhere, HF_HUB_DOWNLOAD_TIMEOUT: "soon" })).toThrow(/"soon"/);
  });
});
