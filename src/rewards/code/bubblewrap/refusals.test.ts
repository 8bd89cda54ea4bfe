import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConfigError } from "../../../errors.ts";
import { createBubblewrap } from "./bubblewrap.ts";
import { systemCallFilter } from "./system-call-filter.ts";

const limits = { seconds: 5, memoryMegabytes: 256, processes: 32, outputBytes: 1000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-path-"));
  // Root's sandboxes belong to nobody, who has to be able to go there.
  chmodSync(folder, 0o755);
  vi.stubEnv("PATH", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Stands on the PATH, says a word and fails. */
function install(name: string, word: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\necho "${word}" >&2\nexit 1\n`, { mode: 0o755 });
}

async function refusal(language: "python" | "javascript"): Promise<string> {
  const error: unknown = await createBubblewrap()
    .prepare(language, limits)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).not.toContain("\n");
  return (error as ConfigError).message;
}

test("says how to install what is missing", async () => {
  expect(await refusal("javascript")).toMatch(
    /^bubblewrap \(bwrap\) is not installed.*apt-get install bubblewrap/,
  );
  install("bwrap", "");
  expect(await refusal("javascript")).toMatch(/^prlimit is not installed/);
  install("prlimit", "");
  expect(await refusal("python")).toMatch(/^no python3 on the PATH.*install Python 3/);
});

test.each([
  ["bwrap: No permissions to create new namespace", /may not make namespaces.*unprivileged user namespaces/],
  ["bwrap: Creating new namespace failed: Operation not permitted", /may not make namespaces/],
  ["bwrap: setting up uid map: Permission denied", /may not make namespaces/],
  ["bwrap: Unknown option --disable-userns", /too old.*0\.8 or newer/],
  ["bwrap: something else", /cannot be run in a sandbox \(.*bwrap: something else\)/],
])("says the way out of %s", async (word, message) => {
  install("bwrap", word);
  install("prlimit", "");
  expect(await refusal("javascript")).toMatch(message);
});

test("a launcher that launches nothing is no Python", async () => {
  install("bwrap", "");
  install("prlimit", "");
  install("python3", "no version");
  expect(await refusal("python")).toMatch(/^no python3 on the PATH/);
});

test("knows the calls of two machines only", () => {
  expect(systemCallFilter("x64")).toHaveLength(systemCallFilter("arm64").length);
  expect(() => systemCallFilter("riscv64")).toThrow(ConfigError);
});
