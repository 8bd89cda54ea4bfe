import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gpgrad, program, runFolderEntries } from "../support/gpgrad.ts";

const recipe = "test/support/tiny.yaml";
const train = ["train", recipe, "--output"];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gpgrad-disk-"));
  expect((await gpgrad(...train, path.join(folder, "whole"))).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const finalFiles = (run: string) =>
  ["model.safetensors", "optimizer.safetensors"].map((name) =>
    readFileSync(path.join(run, "checkpoints/step-000009", name)),
  );

/** Runs a shell script with the program's command line as `"$@"`; stderr and exit code of the script. */
function shell(script: string, ...args: string[]): Promise<{ code: number; errors: string }> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", script, "sh", process.execPath, program, ...args], (error, _, errors) =>
      resolve({ code: Number(error?.code ?? 0), errors }),
    );
  });
}

test.skipIf(process.platform === "win32")(
  "where a checkpoint's file may not grow, one line says so, the one before stays, and the run goes on to the same bits",
  async () => {
    const run = path.join(folder, "limited");
    expect((await gpgrad(...train, run, "--max-steps", "2")).code).toBe(0);
    // The unit is 512 bytes in some shells and 1024 in others; the weights have 35 KB, what is written before them a few.
    const { code, errors } = await shell('ulimit -f 30; exec "$@"', ...train, run, "--resume");
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: cannot write [^\n]*\.safetensors: [^\n]+\n$/);
    expect(readdirSync(path.join(run, "checkpoints"))).toEqual(["step-000002"]);
    expect(readdirSync(run).sort()).toEqual(runFolderEntries);
    expect((await gpgrad(...train, run, "--resume")).code).toBe(0);
    expect(finalFiles(run)).toEqual(finalFiles(path.join(folder, "whole")));
  },
);

const smallDisk = ["--mount", "--map-root-user", "sh", "-c"];
const canMount = (() => {
  try {
    execFileSync("unshare", [...smallDisk, "mount -t tmpfs -o size=1m tmpfs /mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Needs a file system of its own: Linux, as root or with user namespaces. */
test.skipIf(!canMount)(
  "on a full disk, one line says so, the checkpoint before stays, and once there is room the run goes on to the same bits",
  async () => {
    const run = path.join(folder, "mounted");
    mkdirSync(run);
    const copy = path.join(folder, "copy");
    const script = `
      mount -t tmpfs -o size=220k tmpfs "${run}" || exit 90
      "$@" > /dev/null; code=$?
      ls "${run}/checkpoints" >&2
      mount -o remount,size=10m "${run}" || exit 91
      "$@" > /dev/null || exit 92
      cp -r "${run}" "${copy}"
      exit $code`;
    const { code, errors } = await new Promise<{ code: number; errors: string }>((resolve) => {
      const args = [...smallDisk, script, "sh", process.execPath, program, ...train, run, "--resume"];
      execFile("unshare", args, (error, _, errors) => resolve({ code: Number(error?.code ?? 0), errors }));
    });
    expect(errors).toMatch(
      /^error: cannot write [^\n]+: the disk is full; free some space and resume\nstep-000001\n$/,
    );
    expect(code).toBe(1);
    expect(finalFiles(copy)).toEqual(finalFiles(path.join(folder, "whole")));
  },
);

test.skipIf(process.platform !== "linux")(
  "a run whose standard output takes no more goes on, and says so once",
  async () => {
    const once = /^warning: standard output takes no more \([^\n]+\); the run goes on without it\n$/;
    for (const [name, script] of [
      ["full", 'exec "$@" > /dev/full'],
      ["closed", '"$@" | head -n 1'],
    ]) {
      const run = path.join(folder, name);
      const { code, errors } = await shell(script, ...train, run);
      expect(code, errors).toBe(0);
      expect(errors).toMatch(once);
      expect(finalFiles(run)).toEqual(finalFiles(path.join(folder, "whole")));
    }
  },
);
